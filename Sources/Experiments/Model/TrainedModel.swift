import Foundation
import Datasets
import Federation
import NeuralNetworks
import Parameters
import Synchronization
import Training

/// A trained model, and what it takes to use it.
public struct TrainedModel: Sendable {
    /// The file, or the run.
    public let name: String
    /// What its network is called.
    public let label: String
    /// Its numbers.
    public let parameters: ParameterVector
    /// Its layers.
    public let architecture: Architecture
    /// What was minimised: it says what outputs mean.
    public let loss: Loss
    /// The operations that compute it.
    public let engine: Engine
    /// What it sees of a sample's numbers; nil where nobody says.
    public var scaling: Scaling?
    /// What classes are called; empty where nobody says.
    public var classNames: [String]
    /// Sentences on what of its file was left out.
    public let notes: [String]

    /// Whether its outputs are predicted numbers, and no classes.
    public var predictsNumbers: Bool { loss.kind == .squaredError }

    /// Classes that it tells apart; 0 where it predicts numbers.
    public var classCount: Int {
        if predictsNumbers { return 0 }
        return architecture.classCount == 1 ? 2 : architecture.classCount
    }

    /// What a class is called: its number where nobody says.
    public func className(_ label: Int) -> String {
        classNames.indices.contains(label) ? classNames[label] : "\(label)"
    }

    // MARK: What it says

    /// The class that outputs mean: that of the first largest; of one output, whether it is above 0.
    func guess(_ outputs: UnsafeBufferPointer<Float>) -> Int {
        if outputs.count == 1 { return outputs[0] > 0 ? 1 : 0 }
        var largest = 0
        for index in 1..<outputs.count where outputs[index] > outputs[largest] { largest = index }
        return largest
    }

    /// The probability of each class: the outputs' softmax, or the sigmoid of each; of one output, of both
    /// classes.
    func probabilities(_ outputs: UnsafeBufferPointer<Float>) -> [Double] {
        func sigmoid(_ value: Float) -> Double { 1 / (1 + exp(-Double(value))) }
        if outputs.count == 1 { return [sigmoid(-outputs[0]), sigmoid(outputs[0])] }
        if loss.kind == .sigmoidCrossEntropy { return outputs.map(sigmoid) }
        let largest = Double(outputs.max() ?? 0)
        let powers = outputs.map { exp(Double($0) - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// What `row` makes of the outputs for each of these samples, in their order; `threads` threads compute
    /// them, which changes nothing.
    /// - Precondition: samples have the model's shape.
    func outputs<Row: Sendable>(
        for samples: Samples, at indices: [Int32], threads: Int,
        _ row: @Sendable (UnsafeBufferPointer<Float>) -> Row
    ) -> [Row] {
        let plans = WorkerPlans(
            architecture, trainingBatchSize: 1, engine: engine, loss: loss, threads: threads)
        let batch = EvaluationSet.batchSize
        let pieces = (indices.count + batch - 1) / batch
        let table = Mutex([[Row]](repeating: [], count: pieces))
        let count = architecture.classCount
        parallelFor(count: pieces, threads: threads) { worker, piece in
            let plan = plans.inference(worker)
            plan.load(parameters)
            let part = indices[piece * batch..<min((piece + 1) * batch, indices.count)]
            samples.copyBatch(part, to: plan.places)
            _ = plan.evaluate(count: part.count)
            let rows = part.indices.map { place in
                row(
                    UnsafeBufferPointer(
                        start: plan.logits + (place - part.startIndex) * count, count: count))
            }
            table.withLock { $0[piece] = rows }
        }
        return table.withLock { $0.flatMap(\.self) }
    }
}
