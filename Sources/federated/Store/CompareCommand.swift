import ArgumentParser
import Federation
import FederationStore
import Foundation
import JSON

/// `federated compare RUN RUN…`: what differs between runs, and how well each did.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare runs, of the store or of logs: a table, or a picture, too.")

    @Argument(help: ArgumentHelp(RunChoice.help, valueName: "run"))
    var runs: [String] = []

    @Option(help: ArgumentHelp("Draw them into a picture, too.", valueName: "file.png"))
    var picture: String?

    @Option(help: "What the picture's axis counts: rounds or seconds. (default: rounds)")
    var over: PictureAxis?

    @Option(
        help: ArgumentHelp(
            "An accuracy to draw a line at, and to tell where each curve crosses it.",
            valueName: "accuracy"))
    var target: Double?

    @OptionGroup var reading: StoreReading

    func validate() throws {
        if let target, !(target > 0 && target <= 1) {
            throw ValidationError("--target must be above 0 and at most 1, not \(target)")
        }
        if picture == nil, over != nil || target != nil {
            throw ValidationError("--over and --target belong to a picture: add --picture FILE")
        }
    }

    func run() throws {
        guard runs.count >= 2 else {
            throw reading.unnamed("compare needs at least 2 runs, not \(runs.count)")
        }
        let found = try reading.find(runs.map { RunChoice($0) })
        let console = Console(quiet: false)
        Self.summary(found).print(console)
        console.line()
        Self.byRound(found).print(console)
        if let picture {
            var options = over.map { ["--over", $0.rawValue] } ?? []
            if let target { options += ["--target", "\(target)"] }
            try Picture.draw(
                found.map { (name: $0.name, log: $0.log) }, to: picture, options: options)
            console.line()
            console.wrote("picture", to: picture)
        }
    }

    private static func summary(_ runs: [FoundRun]) -> TextTable {
        let logs = runs.map(\.log)
        var table = TextTable([
            .left("run"), .right("last"), .right("best"), .right("loss"), .right("rounds"),
            .right("seconds"), .left("outcome"), .left("what differs"),
        ])
        let names = Set(logs.flatMap(\.configuration.members.keys)).sorted()
        let different = names.filter { name in
            Set(logs.map { $0.configuration.members[name] ?? .null }).count > 1
        }
        for run in runs {
            let log = run.log
            let accuracies = log.serverAccuracies.compactMap(\.self)
            let loss = log.serverLosses.last ?? nil
            let settings = different.map {
                "\(JSONValue.spaced($0)) \((log.configuration.members[$0] ?? .null).words)"
            }
            table.add([
                run.name, accuracies.last.map(Text.percent) ?? "–",
                accuracies.max().map(Text.percent) ?? "–",
                loss.map { Text.fixed($0, 4) } ?? "–",
                "\(log.serverAccuracies.count)/\(log.maxRound)",
                Text.fixed(log.timings.roundSeconds.reduce(0, +), 1), run.outcome,
                settings.isEmpty ? "nothing" : settings.joined(separator: ", "),
            ])
        }
        return table
    }

    private static func byRound(_ runs: [FoundRun]) -> TextTable {
        let logs = runs.map(\.log)
        var table = TextTable([.right("round")] + runs.map { .right($0.name) }, narrow: .split)
        for round in 0..<(logs.map(\.serverAccuracies.count).max() ?? 0) {
            table.add(
                ["\(round + 1)"]
                    + logs.map { log in
                        guard round < log.serverAccuracies.count else { return "" }
                        return log.serverAccuracies[round].map(Text.percent) ?? "–"
                    })
        }
        return table
    }
}

/// What the horizontal axis of a picture counts.
enum PictureAxis: String, CaseIterable, ExpressibleByArgument {
    case rounds, seconds
}
