import Datasets
import Federation

/// What a test measures beside accuracy and loss, by name.
public enum Metric {
    /// The share of samples whose class is among the model's first five; with more than five classes.
    public static let topFiveAccuracy = "top_5_accuracy"
    /// The mean of the classes' accuracies: chance is 1 / K however unequal the classes are.
    public static let balancedAccuracy = "balanced_accuracy"
    /// The area under the receiver operating characteristic; of two classes.
    public static let areaUnderCurve = "auc"
    /// The mean of |ŷ − y| over samples and outputs.
    public static let meanAbsoluteError = "mean_absolute_error"
    /// The mean of (ŷ − y)² over samples and outputs.
    public static let meanSquaredError = "mean_squared_error"
    /// The mean of the accuracies on each owner's test samples, where it is known whose they are.
    public static let clientsMeanAccuracy = "clients_mean_accuracy"
    /// The mean over the tenth of the owners, at least one, on whose test samples the model does worst.
    public static let worstDecileAccuracy = "worst_decile_accuracy"
}

extension EvaluationSet {
    /// What all pieces say together, added in their order: the same bits whoever did which.
    /// - Precondition: they are the set's pieces, in their order.
    public func combine(_ pieces: [PieceResult]) -> Evaluation {
        let count = pieces.reduce(0) { $0 + $1.count }
        let loss = pieces.reduce(0) { $0 + $1.lossSum }
        precondition(count == indices.count, "\(count) of \(indices.count) samples were tested")
        if images.targetCount > 0 { return combineNumbers(pieces, loss: loss) }
        var evaluation = Evaluation(
            accuracy: Double(pieces.reduce(0) { $0 + $1.correct }) / Double(count),
            loss: loss / Double(count), count: count)
        let predictions = pieces.flatMap(\.predictions)
        guard predictions.count == count else { return evaluation }
        let outputs = pieces.first?.outputs ?? 0
        let labels = indices.map { images.labels[Int($0)] }
        var classes = ClassResults(
            labels: labels, predictions: predictions,
            classCount: max(images.classCount, outputs == 1 ? 2 : outputs))
        classes.mistakes = mistakes(pieces)
        evaluation.classes = classes
        evaluation.metrics[Metric.balancedAccuracy] = classes.balancedAccuracy
        if outputs > PieceResult.few {
            evaluation.metrics[Metric.topFiveAccuracy] =
                Double(pieces.reduce(0) { $0 + $1.firstFive }) / Double(count)
        }
        if outputs <= 2 {
            evaluation.metrics[Metric.areaUnderCurve] = Self.areaUnderCurve(
                scores: pieces.flatMap(\.scores), labels: labels)
        }
        measureOwners(labels, predictions, into: &evaluation.metrics)
        return evaluation
    }

    private func combineNumbers(_ pieces: [PieceResult], loss: Double) -> Evaluation {
        let count = Double(indices.count)
        let outputs = images.targetCount
        var errors = [Double](repeating: 0, count: outputs)
        for piece in pieces {
            for (output, error) in piece.squaredErrors.enumerated() { errors[output] += error }
        }
        let each = zip(errors, targetSquares).map { error, square in
            square > 0 ? 1 - error / square : 0
        }
        let score = each.reduce(0, +) / Double(outputs)
        var evaluation = Evaluation(
            accuracy: score.isFinite ? score : 0, loss: loss / count, count: indices.count)
        let absolute = pieces.reduce(0) { $0 + $1.absoluteErrorSum }
        evaluation.metrics = [
            Metric.meanAbsoluteError: absolute / (count * Double(outputs)),
            Metric.meanSquaredError: errors.reduce(0, +) / (count * Double(outputs)),
        ]
        return evaluation
    }

    /// Σ(y − ȳ)² of each output over the samples that count.
    static func targetSquares(_ images: Samples, _ indices: [Int32]) -> [Double] {
        (0..<images.targetCount).map { output in
            func sum(_ term: (Double) -> Double) -> Double {
                indices.reduce(0) {
                    $0 + term(Double(images.targets[Int($1) * images.targetCount + output]))
                }
            }
            let mean = sum { $0 } / Double(indices.count)
            return sum { ($0 - mean) * ($0 - mean) }
        }
    }

    private func measureOwners(
        _ labels: [Int32], _ predictions: [Int32], into metrics: inout [String: Double]
    ) {
        guard let owners, let last = owners.max() else { return }
        var counts = [Int](repeating: 0, count: Int(last) + 1)
        var correct = counts
        for (position, index) in indices.enumerated() {
            let owner = Int(owners[Int(index)])
            counts[owner] += 1
            if labels[position] == predictions[position] { correct[owner] += 1 }
        }
        let accuracies = zip(counts, correct).filter { $0.0 > 0 }
            .map { Double($1) / Double($0) }.sorted()
        let worst = accuracies.prefix(max(1, accuracies.count / 10))
        metrics[Metric.clientsMeanAccuracy] =
            accuracies.reduce(0, +) / Double(accuracies.count)
        metrics[Metric.worstDecileAccuracy] = worst.reduce(0, +) / Double(worst.count)
    }
}

extension EvaluationSet {
    /// The probability that a sample of class 1 has a higher score than one of class 0, half of equal ones
    /// counted: (R₁ − n₁(n₁ + 1) / 2) / (n₀ n₁), with R₁ the sum of class 1's ranks, equal scores having
    /// the mean of theirs; exact. Nil where one class has no sample, or a score is no number.
    ///
    /// Source: Hanley and McNeil, "The meaning and use of the area under a receiver operating
    /// characteristic (ROC) curve", Radiology 143(1), 1982.
    /// - Precondition: as many scores as labels.
    public static func areaUnderCurve(scores: [Float], labels: [Int32]) -> Double? {
        precondition(scores.count == labels.count, "a score for each label")
        let ones = labels.count { $0 == 1 }
        let zeros = labels.count - ones
        guard ones > 0, zeros > 0, !scores.contains(where: \.isNaN) else { return nil }
        let sorted = sortedByScore(scores, labels)
        // Twice the pairs that are in order: whole numbers, so that none is lost.
        var (doubled, zerosBefore, start) = (0, 0, 0)
        while start < sorted.count {
            var (end, onesHere) = (start, 0)
            while end < sorted.count, sorted[end] >> 1 == sorted[start] >> 1 {
                onesHere += Int(sorted[end] & 1)
                end += 1
            }
            let zerosHere = end - start - onesHere
            doubled += onesHere * (2 * zerosBefore + zerosHere)
            zerosBefore += zerosHere
            start = end
        }
        return Double(doubled) / (2 * Double(ones) * Double(zeros))
    }

    /// Scores as whole numbers of the same order, the class in the last bit, in rising order of scores.
    ///
    /// A test may have a million samples and a model that takes no longer than sorting them: so they are
    /// dealt by eleven bits at a time, which takes as long for each.
    private static func sortedByScore(_ scores: [Float], _ labels: [Int32]) -> [UInt64] {
        var keys = zip(scores, labels).map { score, label in
            // −0 is 0. Of negative numbers the larger bits are the smaller number.
            let bits = (score + 0).bitPattern
            let ordered = bits & 0x8000_0000 != 0 ? ~bits : bits | 0x8000_0000
            return UInt64(ordered) << 1 | (label == 1 ? 1 : 0)
        }
        var dealt = keys
        for shift in [1, 12, 23] as [UInt64] {
            var starts = [Int](repeating: 0, count: 2049)
            for key in keys { starts[Int(key &>> shift & 2047) + 1] += 1 }
            for digit in 1..<2048 { starts[digit] += starts[digit - 1] }
            for key in keys {
                let digit = Int(key &>> shift & 2047)
                dealt[starts[digit]] = key
                starts[digit] += 1
            }
            swap(&keys, &dealt)
        }
        return keys
    }
}
