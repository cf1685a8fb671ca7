import Platform

/// What a study's table says of one cell.
package struct StudyResult {
    package let cell: StudyCell
    /// The learning rate chosen; nil if the cell has not been run.
    package let learningRate: Float?
    /// The cell's number for each seed that has been run with that rate; nil where it never got there.
    package let values: [(seed: UInt64, value: Double?)]
    /// Seconds of all its runs, and images trained a second in those that count.
    package let seconds: Double
    package let imagesPerSecond: Double

    package init(_ cell: StudyCell, rows: [StudyTable.Row]) {
        self.cell = cell
        let own = rows.filter { $0.isOf(cell) }
        seconds = own.reduce(0) { $0 + $1.seconds }
        let first = own.map(\.seed).min()
        let candidates = own.filter { $0.seed == first }.sorted { a, b in
            let (x, y) = (
                cell.measure.value(of: a.accuracies), cell.measure.value(of: b.accuracies)
            )
            guard let x else { return false }
            return y.map { cell.measure.isBetter(x, than: $0) } ?? true
        }
        learningRate = candidates.first?.learningRate
        let chosen = own.filter { [learningRate] in $0.learningRate == learningRate }
            .sorted { $0.seed < $1.seed }
        values = chosen.map { ($0.seed, cell.measure.value(of: $0.accuracies)) }
        imagesPerSecond =
            chosen.isEmpty
            ? 0 : chosen.reduce(0) { $0 + $1.imagesPerSecond } / Double(chosen.count)
    }

    /// The mean over seeds that got there.
    package var mean: Double? {
        let reached = values.compactMap(\.value)
        return reached.isEmpty ? nil : reached.reduce(0, +) / Double(reached.count)
    }

    /// "18.2 (17.1 – 19.0)", "> 1000", or "–" for a cell that has not been run.
    package var text: String {
        guard !values.isEmpty else { return "–" }
        let reached = values.compactMap(\.value)
        guard let mean, let low = reached.min(), let high = reached.max() else {
            return "not in \(cell.settings.rounds)"
        }
        let text = cell.measure.text
        let missed = values.count - reached.count
        return text(mean) + (reached.count > 1 ? " (\(text(low)) – \(text(high)))" : "")
            + (missed > 0 ? ", \(missed) of \(values.count) never" : "")
    }

    /// What was published, as text.
    package var published: String {
        let value = cell.measure.text(cell.published.value)
        return cell.published.spread.map { "\(value) ± \(Text.fixed($0 * 100, 2))" } ?? value
    }

    /// As a row: cell, measure, what was published, ours, seeds, rate, seconds of a core, images a second.
    package var row: [String] {
        [
            cell.name, cell.measure.title, published, text,
            values.isEmpty ? "–" : "\(values.count)",
            learningRate.map { "\($0)" } ?? "–", Text.fixed(seconds, 0),
            values.isEmpty ? "–" : Text.count(Int(imagesPerSecond)),
        ]
    }
}
