import FederationClient
import FederationWire
import Platform

extension CommittedSummary {
    /// The columns of a client's lines.
    package static let heading =
        " round   server accuracy      loss   samples   images/s    seconds"

    /// The line of a round.
    /// - Parameter result: the client's own part in it; nil where it had none.
    package func row(of rounds: Int, _ result: TrainingResult?) -> String {
        let own = result.map { result in
            [
                Text.count(result.update.sampleCount),
                Text.count(Int(Double(result.imageCount) / max(result.seconds, 1e-9))),
                Text.fixed(result.seconds, 2),
            ]
        }
        let cells = [
            Text.pad("\(round)/\(rounds)", 6),
            Text.pad((accuracy.map(Text.percent) ?? "–"), 18),
            Text.pad((loss.map { Text.fixed($0, 4) } ?? "–"), 10),
            Text.pad(own?[0] ?? "–", 10),
            Text.pad(own?[1] ?? "–", 11),
            Text.pad(own?[2] ?? "–", 11),
        ]
        return cells.joined()
    }
}
