/// A published table that can be run again: what it measures, and its cells.
package struct Study: Sendable {
    /// What a cell's number is.
    package enum Measure: Sendable, Hashable {
        /// Rounds until the server's best accuracy so far reaches that.
        case rounds(to: Double)
        /// The server's best accuracy.
        case bestAccuracy
    }

    /// As the command has it: "mcmahan-table2".
    let name: String
    /// One line: authors, year, table.
    let source: String
    package let cells: [StudyCell]

    /// All of them.
    package static let all: [Study] = [.mcmahanTable1, .mcmahanTable2, .niidBench]
}

/// One cell of a published table.
package struct StudyCell: Sendable {
    /// Unique in its table, a word: "cnn-e5-b10-iid".
    package let name: String
    let measure: Study.Measure
    /// What was published.
    package let paper: Published
    /// All but seed and learning rate.
    package let settings: ExperimentSettings
    /// What the learning rate is chosen from; the first one alone where the paper names it.
    package let learningRates: [Float]

    /// A published number.
    package struct Published: Sendable, Hashable {
        package var value: Double
        /// Its standard deviation over runs, where that was published.
        var spread: Double?
    }
}

extension Study.Measure {
    /// What a run with these accuracies by round measures; nil where it never got there.
    ///
    /// Rounds are counted as McMahan et al. 2017 do: the curve is made monotonic by taking the best so
    /// far, and is interpolated linearly between rounds.
    package func value(of accuracies: [Double]) -> Double? {
        switch self {
        case .bestAccuracy: return accuracies.max()
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
    func isBetter(_ a: Double, than b: Double) -> Bool {
        switch self {
        case .bestAccuracy: a > b
        case .rounds: a < b
        }
    }

    /// A value as people read it.
    func text(_ value: Double) -> String {
        switch self {
        case .bestAccuracy: Text.percent(value)
        case .rounds: Text.fixed(value, value < 100 ? 1 : 0)
        }
    }

    /// What the column is called.
    var title: String {
        switch self {
        case .bestAccuracy: "best accuracy"
        case .rounds(let target): "rounds to \(Text.fixed(target * 100, 0))%"
        }
    }
}
