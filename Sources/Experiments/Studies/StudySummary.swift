import Federation
import Foundation

/// A study and what came of it, for `Scripts/plot/plot_study.py`.
package struct StudySummary: Encodable {
    package struct Cell: Encodable {
        package var name: String
        package var published: Double
        package var publishedSpread: Double?
        /// One for each seed; null where it never got there.
        package var values: [Double?]
        /// The accuracies of each seed's run.
        package var curves: [[Double]]
        package var limit: Int
    }

    package var study: String
    package var source: String
    /// "rounds", "accuracy" or "mean accuracy".
    package var measure: String
    /// The accuracy that rounds are counted to.
    package var targets: [Double]
    package var cells: [Cell]

    package init(_ study: Study, _ results: [StudyResult], rows: [StudyTable.Row]) {
        self.study = study.name
        source = study.source
        var targets = Set<Double>()
        var counts = false
        for result in results {
            if case .rounds(let target) = result.cell.measure {
                targets.insert(target)
                counts = true
            }
        }
        let isMean = results.contains {
            if case .meanAccuracy = $0.cell.measure { true } else { false }
        }
        measure = counts ? "rounds" : isMean ? "mean accuracy" : "accuracy"
        self.targets = targets.sorted()
        cells = results.filter { !$0.values.isEmpty }.map { result in
            Cell(
                name: result.cell.name, published: result.cell.published.value,
                publishedSpread: result.cell.published.spread, values: result.values.map(\.value),
                curves: rows.filter {
                    $0.isOf(result.cell) && $0.learningRate == result.learningRate
                }.map(\.accuracies), limit: result.cell.settings.rounds)
        }
    }

    package func encoded() throws -> Data { try JSONEncoder().encode(self) }
}
