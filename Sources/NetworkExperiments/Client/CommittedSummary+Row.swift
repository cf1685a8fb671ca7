import Experiments
import Federation
import FederationClient
import FederationWire
import Platform

extension CommittedSummary {
    /// The columns of a client's lines.
    /// - Parameter score: what models are measured by.
    package static func heading(_ score: RunLog.Score) -> String {
        Text.pad("round", 6) + Text.pad("server \(score.rawValue)", 18)
            + "      loss   samples   images/s    seconds"
    }

    /// The line of a round.
    /// - Parameters:
    ///   - result: the client's own part in it; nil where it had none.
    ///   - score: what models are measured by.
    package func row(
        of rounds: Int, _ result: TrainingResult?, score: RunLog.Score
    ) -> String {
        let own = result.map { result in
            [
                Text.count(result.update.sampleCount),
                Text.count(Int(Double(result.imageCount) / max(result.seconds, 1e-9))),
                Text.fixed(result.seconds, 2),
            ]
        }
        let cells = [
            Text.pad("\(round)/\(rounds)", 6),
            Text.pad((accuracy.map(score.text) ?? "–"), 18),
            Text.pad((loss.map { Text.fixed($0, 4) } ?? "–"), 10),
            Text.pad(own?[0] ?? "–", 10),
            Text.pad(own?[1] ?? "–", 11),
            Text.pad(own?[2] ?? "–", 11),
        ]
        return cells.joined()
    }
}
