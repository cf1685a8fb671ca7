import Federation
import JSON
import Platform

extension FoundRun {
    /// The names of the settings that are not the same in all logs.
    package static func differingSettings(of runs: [FoundRun]) -> [String] {
        let members = runs.map(\.log.configuration.members)
        return Set(members.flatMap(\.keys)).sorted().filter { name in
            Set(members.map { $0[name] ?? .null }).count > 1
        }
    }

    /// A row for each run: its name, accuracy in the end and at best, loss, rounds, seconds, outcome, and
    /// what differs.
    package static func summaries(of runs: [FoundRun]) -> [[String]] {
        let different = differingSettings(of: runs)
        return runs.map { run in
            let log = run.log
            let accuracies = log.serverAccuracies.compactMap(\.self)
            let loss = log.serverLosses.last ?? nil
            let settings = different.map {
                "\(KeySpelling.words($0)) \((log.configuration.members[$0] ?? .null).words)"
            }
            return [
                run.name, accuracies.last.map(log.score.named) ?? "–",
                accuracies.max().map(log.score.text) ?? "–",
                loss.map { Text.fixed($0, 4) } ?? "–",
                "\(log.serverAccuracies.count)/\(log.maxRound)",
                Text.fixed(log.timings.roundSeconds.reduce(0, +), 1), run.outcome,
                settings.isEmpty ? "nothing" : settings.joined(separator: ", "),
            ]
        }
    }

    /// A row for each round: its number, and each run's accuracy after it.
    package static func accuracies(of runs: [FoundRun]) -> [[String]] {
        let logs = runs.map(\.log)
        return (0..<(logs.map(\.serverAccuracies.count).max() ?? 0)).map { round in
            ["\(round + 1)"]
                + logs.map { log in
                    guard round < log.serverAccuracies.count else { return "" }
                    return log.serverAccuracies[round].map(log.score.text) ?? "–"
                }
        }
    }
}
