/// How a model's answers to a test divide over its classes.
public struct ClassResults: Hashable, Sendable, Codable {
    /// Classes with more than this have no confusion matrix: it would have more numbers than the test.
    public static let confusionLimit = 256

    /// Test samples of each class.
    public var counts: [Int]
    /// Those of them that were classified rightly.
    public var correct: [Int]
    /// Test samples by their class and the class that the model took them for, [true][predicted]; nil
    /// where there are too many classes.
    public var confusion: [[Int]]?
    /// The samples that the model took most surely for another class, the surest first; nil where that is
    /// not known, as of earlier versions.
    public var mistakes: [Mistake]?

    /// What is known of as many classes.
    /// - Precondition: one count each.
    public init(
        counts: [Int], correct: [Int], confusion: [[Int]]? = nil, mistakes: [Mistake]? = nil
    ) {
        precondition(counts.count == correct.count, "classes are counted once")
        self.counts = counts
        self.correct = correct
        self.confusion = confusion
        self.mistakes = mistakes
    }

    /// What comes of pairs of a sample's class and the class that the model took it for.
    /// - Precondition: all are in 0 ..< `classCount`, and there are as many of each.
    public init(labels: [Int32], predictions: [Int32], classCount: Int) {
        precondition(labels.count == predictions.count, "a prediction for each label")
        var counts = [Int](repeating: 0, count: classCount)
        var correct = counts
        let hasMatrix = classCount <= Self.confusionLimit
        var cells = [Int](repeating: 0, count: hasMatrix ? classCount * classCount : 0)
        for (label, predicted) in zip(labels, predictions) {
            counts[Int(label)] += 1
            if label == predicted { correct[Int(label)] += 1 }
            if hasMatrix { cells[Int(label) * classCount + Int(predicted)] += 1 }
        }
        self.init(
            counts: counts, correct: correct,
            confusion: hasMatrix
                ? (0..<classCount).map { Array(cells[$0 * classCount..<($0 + 1) * classCount]) }
                : nil)
    }

    /// Whether the numbers are those of as many classes: for what comes from outside.
    package var isSound: Bool {
        let matrix = confusion ?? []
        return counts.count == correct.count
            && zip(counts, correct).allSatisfy { $0 >= 0 && (0...$0).contains($1) }
            && (confusion == nil || matrix.count == counts.count)
            && matrix.allSatisfy { $0.count == counts.count }
            && Self.areSound(mistakes ?? [], classes: counts.count)
    }

    /// Whether samples can be a test's surest mistakes.
    static func areSound(_ mistakes: [Mistake], classes: Int) -> Bool {
        mistakes.count <= Mistake.limit && mistakes.allSatisfy { $0.isSound(classes: classes) }
    }

    /// The share of each class's samples that was classified rightly, 0…1; nil for a class without any.
    public var accuracies: [Double?] {
        zip(counts, correct).map { $0 == 0 ? nil : Double($1) / Double($0) }
    }

    /// The mean of the classes' accuracies, those without samples apart; nil without any sample.
    public var balancedAccuracy: Double? {
        let known = accuracies.compactMap(\.self)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
}
