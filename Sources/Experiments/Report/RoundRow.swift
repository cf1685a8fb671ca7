import Federation
import Platform

/// A committed round as a line under a heading, in as many columns as the terminal has.
package struct RoundRow {
    private struct Column {
        var heading: String
        var width: Int
    }

    private static let wide = [
        Column(heading: "round", width: 6), Column(heading: "server accuracy", width: 18),
        Column(heading: "loss", width: 10), Column(heading: "client accuracies", width: 20),
        Column(heading: "seconds", width: 11),
    ]
    /// Of columns closer together.
    private static let close = [
        Column(heading: "round", width: 6), Column(heading: "server", width: 9),
        Column(heading: "loss", width: 8), Column(heading: "clients", width: 18),
        Column(heading: "seconds", width: 9),
    ]

    private let columns: [Column]
    private let score: RunLog.Score
    /// Whether clients' accuracies fit.
    private let hasClients: Bool

    /// - Parameters:
    ///   - width: columns of a line; nil for as many as it takes.
    ///   - score: what models are measured by.
    package init(width: Int?, score: RunLog.Score = .accuracy) {
        self.score = score
        func fits(_ columns: [Column]) -> Bool {
            width.map { columns.reduce(0) { $0 + $1.width } <= $0 } ?? true
        }
        hasClients = fits(Self.close)
        let shown =
            fits(Self.wide)
            ? Self.wide
            : hasClients ? Self.close : Self.close.filter { $0.heading != "clients" }
        columns = score == .accuracy ? shown : shown.map(Self.ofNumbers)
    }

    /// The column where numbers are predicted.
    private static func ofNumbers(_ column: Column) -> Column {
        let names = ["server accuracy": "server R²", "client accuracies": "clients’ R²"]
        return Column(heading: names[column.heading] ?? column.heading, width: column.width)
    }

    /// The columns' names.
    package var heading: String { line(columns.map(\.heading)) }

    /// The line of a round that has just been committed.
    package func text(_ round: CommittedRound, of rounds: Int) -> String {
        text(
            round: round.record.round, of: rounds, accuracy: round.record.global?.accuracy,
            loss: round.record.global?.loss,
            clients: round.record.clients.compactMap { $0.evaluation?.accuracy },
            seconds: round.seconds)
    }

    /// The line of a round of a log, by its position.
    package func text(_ index: Int, of log: RunLog) -> String {
        func element(_ values: [Double?]) -> Double? {
            index < values.count ? values[index] : nil
        }
        return text(
            round: index + 1, of: log.maxRound, accuracy: element(log.serverAccuracies),
            loss: element(log.serverLosses),
            clients: log.clientAccuracies.values.compactMap(element),
            seconds: element(log.timings.roundSeconds))
    }

    private func text(
        round: Int, of rounds: Int, accuracy: Double?, loss: Double?, clients: [Double],
        seconds: Double?
    ) -> String {
        let range =
            clients.isEmpty
            ? "–" : "\(score.text(clients.min() ?? 0)) – \(score.text(clients.max() ?? 0))"
        func cell(_ value: Double?, _ text: (Double) -> String) -> String {
            value.map(text) ?? "–"
        }
        var cells = ["\(round)/\(rounds)", cell(accuracy, score.text)]
        cells.append(cell(loss) { Text.fixed($0, 4) })
        cells += [range, cell(seconds) { Text.fixed($0, 2) }]
        if !hasClients { cells.remove(at: 3) }
        return line(cells)
    }

    private func line(_ cells: [String]) -> String {
        zip(cells, columns).map { Text.pad($0, $1.width) }.joined()
    }
}
