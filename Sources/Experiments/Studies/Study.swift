import Datasets
import JSON
import Platform

/// A published table that can be run again: what it measures, and its cells.
public struct Study: Sendable {
    /// What a cell's number is.
    public enum Measure: Sendable, Hashable {
        /// Rounds until the server's best accuracy so far reaches that.
        case rounds(to: Double)
        /// The server's best accuracy.
        case bestAccuracy
        /// The mean of the server's last accuracies, as many as that: what a curve ends at that goes up
        /// and down.
        case meanAccuracy(last: Int)
    }

    /// What its runs are run on.
    public enum Material: Sendable, Hashable {
        /// MNIST, known by its fingerprint.
        case mnist
        /// CIFAR-10, as it is or after JPEG: known by its shape and its counts.
        case cifar10
    }

    /// As the command has it: "mcmahan-table2".
    public let name: String
    /// One line: who published it, the year, the table.
    public let source: String
    /// What its runs are run on.
    public let material: Material
    /// What is in the table.
    public let cells: [StudyCell]

    /// All that this package knows.
    public static let all: [Study] = [
        .mcmahanTable1, .mcmahanTable2, .niidBench, .niidBenchCIFAR10, .niidBenchCIFAR10Authors,
        .fedProxStragglers,
    ]

    /// A study of one's own.
    public init(
        name: String, source: String, material: Material = .mnist, cells: [StudyCell]
    ) {
        self.name = name
        self.source = source
        self.material = material
        self.cells = cells
    }
}

/// One cell of a published table.
public struct StudyCell: Sendable {
    /// Unique in its table, a word: "cnn-e5-b10-iid".
    public let name: String
    /// What its number is.
    public let measure: Study.Measure
    /// What was published.
    public let published: Published
    /// All but seed and learning rate.
    public let settings: RunSpec
    /// What the learning rate is chosen from; the first one alone where it was published.
    public let learningRates: [Float]

    /// A published number.
    public struct Published: Sendable, Hashable {
        /// The number: rounds, or an accuracy from 0 to 1.
        public var value: Double
        /// Its standard deviation over runs, where that was published.
        public var spread: Double?

        /// A published number.
        public init(value: Double, spread: Double? = nil) {
            self.value = value
            self.spread = spread
        }
    }

    /// A cell.
    /// - Precondition: there is a learning rate.
    public init(
        name: String, measure: Study.Measure, published: Published, settings: RunSpec,
        learningRates: [Float]
    ) {
        precondition(!learningRates.isEmpty, "cell \(name) has no learning rate")
        self.name = name
        self.measure = measure
        self.published = published
        self.settings = settings
        self.learningRates = learningRates
    }

    /// What all runs of the cell share, 16 hexadecimal digits: the SHA-256 of the settings that are not the
    /// usual ones, but for rounds, of which a row says how many it had.
    package var fingerprint: String {
        let usual = RunSpec()
        var own: [String: JSONValue] = [:]
        for setting in RunSpec.settings where setting.name != "rounds" {
            let value = setting.read(settings)
            if value != setting.read(usual) { own[setting.name] = value }
        }
        return String(SHA256.hexadecimal(of: JSONValue.object(own).encoded()).prefix(16))
    }
}

extension Study.Measure {
    /// What a run with these accuracies by round measures; nil where it never got there.
    ///
    /// Rounds are counted as McMahan et al. 2017 do: the curve is made monotonic by taking the best so
    /// far, and is interpolated linearly between rounds.
    public func value(of accuracies: [Double]) -> Double? {
        switch self {
        case .bestAccuracy: return accuracies.max()
        case .meanAccuracy(let last):
            let end = accuracies.suffix(last)
            return end.isEmpty ? nil : end.reduce(0, +) / Double(end.count)
        case .rounds(let target):
            var best = 0.0
            for (index, accuracy) in accuracies.enumerated() {
                if accuracy >= target {
                    // Before the first round nothing is known: it counts as a whole one.
                    guard index > 0 else { return 1 }
                    return Double(index) + (target - best) / (accuracy - best)
                }
                best = max(best, accuracy)
            }
            return nil
        }
    }

    /// Whether `a` is better than `b`.
    public func isBetter(_ a: Double, than b: Double) -> Bool {
        switch self {
        case .bestAccuracy, .meanAccuracy: a > b
        case .rounds: a < b
        }
    }

    /// A value as people read it.
    public func text(_ value: Double) -> String {
        switch self {
        case .bestAccuracy, .meanAccuracy: Text.percent(value)
        case .rounds: Text.fixed(value, value < 100 ? 1 : 0)
        }
    }

    /// What the column is called.
    public var title: String {
        switch self {
        case .bestAccuracy: "best accuracy"
        case .meanAccuracy(let last): "mean accuracy, last \(last) rounds"
        case .rounds(let target): "rounds to \(Text.fixed(target * 100, 0))%"
        }
    }
}

extension Study.Material {
    /// What people call it.
    public var title: String {
        switch self {
        case .mnist: "MNIST"
        case .cifar10: "CIFAR-10"
        }
    }

    /// Whether data are that.
    public func isOf(_ data: RunData) -> Bool {
        switch self {
        case .mnist: return data.source.fingerprint == MNIST.fingerprint
        case .cifar10:
            let (train, test) = (data.dataset.train, data.dataset.test)
            return train.shape == [32, 32, 3] && train.classCount == 10 && train.count == 50_000
                && test.count == 10_000
        }
    }
}
