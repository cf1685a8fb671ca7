import ArgumentParser
import Experiments
import Federation
import FederationStore
import Foundation
import Terminal

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
        let found = try reading.find(runs)
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
        var table = TextTable([
            .left("run"), .right("last"), .right("best"), .right("loss"), .right("rounds"),
            .right("seconds"), .left("outcome"), .left("what differs"),
        ])
        for row in FoundRun.summaries(of: runs) { table.add(row) }
        return table
    }

    private static func byRound(_ runs: [FoundRun]) -> TextTable {
        var table = TextTable([.right("round")] + runs.map { .right($0.name) }, narrow: .split)
        for row in FoundRun.accuracies(of: runs) { table.add(row) }
        return table
    }
}

/// What the horizontal axis of a picture counts.
enum PictureAxis: String, CaseIterable, ExpressibleByArgument {
    case rounds, seconds
}
