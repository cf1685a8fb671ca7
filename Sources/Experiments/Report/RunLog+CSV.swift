import Federation
import Foundation

extension RunLog {
    /// As a table: one row for each client of each round, and one for the server, with a heading.
    ///
    /// What was measured by name stands in columns of its own, in the server's rows.
    public var csv: String {
        let metrics = roundMetrics.keys.sorted()
        var rows = [
            "round,client,samples,accuracy,loss,seconds,failure"
                + metrics.map { "," + Self.row([$0]) }.joined()
        ]
        let none = [String?](repeating: nil, count: metrics.count)
        let dropped = Dictionary(grouping: drops ?? [], by: \.round)
        for index in serverAccuracies.indices {
            let failures = Dictionary(grouping: dropped[index + 1] ?? [], by: \.client)
                .mapValues { $0[$0.count - 1].reason }
            var total = 0
            for client in clientAccuracies.keys.sorted() {
                let samples = clientSamples[client].flatMap { Self.element($0, index) } ?? 0
                // A client that had no part in a round has no row of it.
                guard samples > 0 || failures[client] != nil else { continue }
                total += samples
                rows.append(
                    Self.row(
                        [
                            "\(index + 1)", "\(client)", samples > 0 ? "\(samples)" : nil,
                            Self.number(clientAccuracies[client], index),
                            Self.number(clientLosses[client], index), nil, failures[client],
                        ] + none))
            }
            for (client, reason) in failures.sorted(by: { $0.key < $1.key })
            where clientAccuracies[client] == nil {
                rows.append(
                    Self.row(["\(index + 1)", "\(client)", nil, nil, nil, nil, reason] + none))
            }
            rows.append(
                Self.row(
                    [
                        "\(index + 1)", "server", "\(total)", Self.number(serverAccuracies, index),
                        Self.number(serverLosses, index), Self.number(timings.roundSeconds, index),
                        nil,
                    ] + metrics.map { Self.number(roundMetrics[$0], index) }))
        }
        return rows.joined(separator: "\n") + "\n"
    }

    /// The last test as a table: one row for each class, with its samples, its accuracy, and how many of its
    /// samples were taken for which class; nil where no test had classes.
    public var classesCSV: String? {
        guard let results = classResults else { return nil }
        let names = results.accuracies.indices.map(className)
        var heading = ["class", "samples", "accuracy"]
        if results.confusion != nil { heading += names.map { "as \($0)" } }
        let rows = results.accuracies.enumerated().map { label, accuracy in
            let counts = results.confusion?[label]
            return [names[label], counts.map { "\($0.reduce(0, +))" }, accuracy.map { "\($0)" }]
                + (counts ?? []).map { "\($0)" }
        }
        return ([heading] + rows).map(Self.row).joined(separator: "\n") + "\n"
    }

    private static func element<Value>(_ values: [Value], _ index: Int) -> Value? {
        index < values.count ? values[index] : nil
    }

    private static func number(_ values: [Double?]?, _ index: Int) -> String? {
        values.flatMap { element($0, index) ?? nil }.map { "\($0)" }
    }

    private static func row(_ cells: [String?]) -> String {
        cells.map { cell in
            guard let cell else { return "" }
            guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
            return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
        }.joined(separator: ",")
    }
}
