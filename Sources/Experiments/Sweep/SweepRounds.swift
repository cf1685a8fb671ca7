import Federation
import Foundation
import Platform

/// The long form of a sweep's table: a row for each round of each run, with every setting.
final class SweepRounds: Sendable {
    static let header =
        (["run"] + SweepTable.settings + [
            "round", "score", "server_accuracy", "server_loss", "client_accuracy_mean",
            "client_accuracy_min", "client_accuracy_max", "seconds",
        ]).joined(separator: ",")

    private let file: CSVFile

    /// Opens `NAME-rounds.csv` beside a table, or begins it. Rows of runs that the table does not have are
    /// those of a process that was killed between the two: they go.
    init(beside url: URL, of runs: Set<String>) throws {
        let base = url.pathExtension == "csv" ? url.deletingPathExtension() : url
        let own = base.deletingLastPathComponent()
            .appendingPathComponent(base.lastPathComponent + "-rounds.csv")
        let path = own.relativePath
        var opened = try CSVFile.open(own, header: Self.header, what: "sweep")
        let kept = opened.rows.filter { runs.contains(CSVText.cells(of: $0).first ?? "") }
        if kept.count < opened.rows.count {
            let text = ([Self.header] + kept).joined(separator: "\n") + "\n"
            try OutputFile.write(Array(text.utf8), to: path)
            opened = try CSVFile.open(own, header: Self.header, what: "sweep")
        }
        file = opened
    }

    /// Adds a run's rounds in one write.
    func append(_ log: RunLog, run: String, settings: [String]) throws {
        var clients: [Int: [Double]] = [:]
        for client in log.clientIDs {
            for part in log.rounds(of: client) {
                if let accuracy = part.accuracy {
                    clients[part.round, default: []].append(accuracy)
                }
            }
        }
        func cell(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        func cell(_ values: [Double?], _ index: Int) -> String {
            cell(index < values.count ? values[index] : nil)
        }
        let score = log.score == .r2 ? "r2" : "accuracy"
        let rows = log.serverAccuracies.indices.map { index in
            let own = clients[index + 1] ?? []
            let mean = own.isEmpty ? nil : own.reduce(0, +) / Double(own.count)
            return CSVText.row(
                [run] + settings + ["\(index + 1)", score, cell(log.serverAccuracies, index)]
                    + [cell(log.serverLosses, index), cell(mean), cell(own.min()), cell(own.max())]
                    + [cell(log.timings.roundSeconds, index)])
        }
        if !rows.isEmpty { try file.append(rows) }
    }
}
