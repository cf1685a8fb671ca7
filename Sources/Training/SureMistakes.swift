import Federation
import Foundation
import NeuralNetworks

/// A sample that was taken for another class, before anybody needs a picture of it.
public struct SureMistake: Equatable, Sendable, BitwiseCopyable {
    /// The sample's number in the test set.
    public var index: Int32
    /// The class that it was taken for.
    public var guess: Int32
    /// How sure the model was of that, 0…1.
    public var confidence: Double

    /// The surer comes first; of equal ones the lower number.
    static func isBefore(_ one: SureMistake, _ other: SureMistake) -> Bool {
        one.confidence == other.confidence
            ? one.index < other.index : one.confidence > other.confidence
    }
}

extension PieceResult {
    /// Keeps the surest of a batch's mistakes, beside those of the batches before.
    /// - Parameters:
    ///   - indices: the batch's samples.
    /// - Precondition: the samples' predictions are the last of `predictions`.
    mutating func addMistakes(of plan: Plan, _ indices: ArraySlice<Int32>) {
        let outputs = plan.architecture.classCount
        let guesses = predictions.suffix(indices.count)
        for (row, (index, guess)) in zip(indices, guesses).enumerated()
        where plan.labels[row] != guess {
            let values = UnsafeBufferPointer(start: plan.logits + row * outputs, count: outputs)
            let least = mistakes.count < Mistake.limit ? 0 : mistakes[mistakes.count - 1].confidence
            guard
                let confidence = Self.confidence(
                    Int(guess), values, atLeast: least,
                    isSoftmax: plan.loss.kind == .softmaxCrossEntropy && outputs > 1)
            else { continue }
            insert(SureMistake(index: index, guess: guess, confidence: confidence))
        }
    }

    /// Among those that are kept, in their order.
    private mutating func insert(_ mistake: SureMistake) {
        var place = mistakes.count
        while place > 0, SureMistake.isBefore(mistake, mistakes[place - 1]) { place -= 1 }
        guard place < Mistake.limit else { return }
        mistakes.insert(mistake, at: place)
        if mistakes.count > Mistake.limit { mistakes.removeLast() }
    }

    /// The probability of a guess; nil where it is no number, or below what is asked for.
    private static func confidence(
        _ guess: Int, _ values: UnsafeBufferPointer<Float>, atLeast least: Double, isSoftmax: Bool
    ) -> Double? {
        guard isSoftmax else {
            let value = Double(values.count == 1 ? abs(values[0]) : values[guess])
            let confidence = 1 / (1 + exp(-value))
            return confidence >= least ? confidence : nil
        }
        let own = Double(values[guess])
        var sum = 0.0
        for value in values {
            sum += exp(Double(value) - own)
            // What follows only adds to it.
            if sum * least > 1 { return nil }
        }
        let confidence = 1 / sum
        return confidence >= least ? confidence : nil
    }
}

extension EvaluationSet {
    /// The surest mistakes of all pieces, with their pictures: the same whoever did which piece.
    func mistakes(_ pieces: [PieceResult]) -> [Mistake] {
        pieces.flatMap(\.mistakes).sorted(by: SureMistake.isBefore).prefix(Mistake.limit)
            .map { found in
                let index = Int(found.index)
                return Mistake(
                    index: index, truth: Int(images.labels[index]), guess: Int(found.guess),
                    confidence: found.confidence,
                    image: images.picture(index).map {
                        Mistake.picturePrefix + Data($0).base64EncodedString()
                    })
            }
    }
}
