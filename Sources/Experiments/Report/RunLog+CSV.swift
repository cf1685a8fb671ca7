import Federation
import Foundation

extension RunLog {
    /// As a table: one row for each client of each round, and one for the server, with a heading.
    public var csv: String {
        var rows = ["round,client,samples,accuracy,loss,seconds,failure"]
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
                    Self.row([
                        "\(index + 1)", "\(client)", samples > 0 ? "\(samples)" : nil,
                        Self.number(clientAccuracies[client], index),
                        Self.number(clientLosses[client], index), nil, failures[client],
                    ]))
            }
            for (client, reason) in failures.sorted(by: { $0.key < $1.key })
            where clientAccuracies[client] == nil {
                rows.append(Self.row(["\(index + 1)", "\(client)", nil, nil, nil, nil, reason]))
            }
            rows.append(
                Self.row([
                    "\(index + 1)", "server", "\(total)", Self.number(serverAccuracies, index),
                    Self.number(serverLosses, index), Self.number(timings.roundSeconds, index), nil,
                ]))
        }
        return rows.joined(separator: "\n") + "\n"
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
