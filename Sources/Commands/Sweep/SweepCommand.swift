import ArgumentParser
import Datasets
import Experiments
import Federation
import Foundation
import JSON
import Parameters
import Platform
import Terminal

/// `federated sweep`: every combination of settings, one CSV row each.
struct SweepCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Run every combination of settings, one CSV row each.",
        discussion: """
            Takes every setting of federated run, by its name there, with one value or a list \
            separated by commas: --strategy fedavg,fedprox --mu 0.01,0.1 --seed 1,2,3. Flags take \
            true,false. A setting that only some of the strategies have is left out of the others'. \
            --dataset with how it is read, --data-dir, --log-dir and --threads are the same for all \
            combinations.

            A file of grids is a JSON object of settings and lists, {"mu": [0.01, 0.1], "seed": 1}, \
            or a list of such objects; null leaves a setting at its default.

            Rows are written as runs are over. Started again with the same output file, a sweep \
            skips what is already in it.
            """)

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Settings of federated run and their values.", valueName: "settings"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("A JSON file of grids of settings.", valueName: "file"))
    var grid: String?

    @Option(help: ArgumentHelp("The CSV file.", valueName: "file"))
    var output = "Logs/sweep.csv"

    @Option(
        help: ArgumentHelp(
            """
            Runs at once, which share the threads. (default: one a thread where each run trains on \
            at most 5 million images, else 1)
            """, valueName: "runs"))
    var jobs: Int?

    @Flag(help: "Keep the final weights in each log (25 MB); their file is there anyway.")
    var finalWeight = false

    @OptionGroup var shown: PageOptions
    @OptionGroup var tracked: TrackerOptions

    func validate() throws {
        if let jobs { try requirePositive(jobs, "--jobs") }
    }

    var needs: ProcessNeeds {
        shown.page ? .network(training: availableProcessorCount()).serving : .training()
    }

    func run(in program: Program) throws {
        try Ranks.requireOne("sweep")
        if shown.page { _ = try program.networkPart(for: "sweep --page") }
        _ = try tracked.requireNetwork(in: program, command: "sweep")
        let (combinations, common) = try self.combinations()
        if let jobs, jobs > common.threadCount {
            throw ValidationError(
                "--jobs is \(jobs): there are \(Text.plural(common.threadCount, "thread"))")
        }
        let console = Console(quiet: false)
        let directory = LogDirectory(URL(fileURLWithPath: common.logDir))
        try directory.checkWritable()
        let tracking = try tracked.prepare(
            in: program, command: "sweep", logFolder: common.logDir)
        let table = try SweepTable(URL(fileURLWithPath: output))
        let data = try RunData.load(
            common, named: common.dataset, reading: common.data.reading(), resuming: nil,
            on: console)
        for note in data.notes { console.line(note) }
        let runs = try Sweep.Run.distinct(combinations, data: data)
        for note in Sweep.notes(of: runs, on: data) { console.line(note) }
        let missing = runs.filter { !table.contains($0) }
        for run in missing { try run.check(on: data, threads: common.threadCount) }
        let sharing =
            jobs.map { SweepJobs($0, threads: common.threadCount) }
            ?? SweepJobs(
                for: missing.map(\.spec), trainingImages: data.dataset.train.count,
                threads: common.threadCount)
        let known = "\(runs.count - missing.count) already in \(output)"
        let threads = Text.plural(common.threadCount, "thread")
        console.line(
            "\(Text.plural(runs.count, "combination")), \(known); \(data.dataset.origin); "
                + "\(threads), \(Text.plural(sharing.count, "run")) at once, on "
                + "\(Machine.description)")
        let stop = StopLater()
        let live = LiveRuns(isOne: false) { stop.call() }
        let sweep = Sweep(
            missing, data: data, sharing: sharing, table: table, logs: directory,
            keepsWeights: finalWeight, live: live,
            track: { run, planned in
                tracking?.tryBegin(
                    run, name: "\(LogDirectory.stamp(run.started)) \(planned.words)")
            })
        stop.set { sweep.stop() }
        let page = try shown.show(live, in: program, command: "sweep", on: console)
        defer { page?.end() }
        let interruption = Interruption { sweep.stop() }
        defer { interruption.end() }
        let done = try sweep.run { Self.show($0, of: missing.count, on: console) }.count
        guard done == missing.count else {
            throw CommandFailure(
                message: "interrupted; \(Text.plural(done, "new row")) in \(output), "
                    + "the same command goes on from there", status: 130)
        }
        Self.show(SweepSummary(of: runs, in: table), on: console)
        console.line("rows are in \(output)")
        if let tracking {
            console.line("events of their rounds are in \(tracking.place)")
            try tracking.requireSuccess()
        }
    }

    /// Settings with more values than this, as seeds may have, are one line.
    private static let valuesShown = 20

    private static func show(_ summary: SweepSummary, on console: Console) {
        guard !summary.groups.isEmpty else { return }
        console.line()
        var table = TextTable([
            .left("setting"), .left("value"), .right("runs"), .right("mean"), .right("deviation"),
            .right("lowest"), .right("highest"), .right("seconds a run"),
        ])
        let bySetting = Dictionary(grouping: summary.groups, by: \.setting)
        for group in summary.groups
        where (bySetting[group.setting]?.count ?? 0) <= valuesShown {
            let spread = group.accuracy
            let numbers = [
                spread?.mean, spread?.standardDeviation, spread?.range.lowerBound,
                spread?.range.upperBound,
            ]
            table.add(
                [KeySpelling.words(group.setting), group.value, Text.count(group.count)]
                    + numbers.map { $0.map { Text.fixed($0, 4) } ?? "–" }
                    + [Text.fixed(group.secondsPerRun, 1)])
        }
        table.print(console)
        for (setting, groups) in bySetting.sorted(by: { $0.key < $1.key })
        where groups.count > valuesShown {
            console.line("  \(KeySpelling.words(setting)) has \(Text.count(groups.count)) values")
        }
        console.line()
        console.line("  \(Text.fixed(summary.secondsPerRun, 1)) seconds a run on the whole")
    }

    private static func show(_ event: Sweep.Event, of count: Int, on console: Console) {
        switch event {
        case .began(let run, let position):
            console.transient("\(position)/\(count)  \(run.words)")
        case .ended(let done):
            console.line("\(Text.pad("\(done.position)/\(count)", 8))  \(done.words)")
        }
    }

    private func combinations() throws -> ([SweepCombination], CommonOptions) {
        let (typed, shared) = try SweepGrid.reading(settings)
        let common: CommonOptions
        do {
            common = try CommonOptions.parse(shared)
        } catch {
            throw ValidationError(ParserSentence.ofShared(CommonOptions.message(for: error)))
        }
        do throws(SweepGridError) {
            let grids = try grid.map { path throws(SweepGridError) in
                try SweepGrid.reading(file: path)
            }
            var combinations: [SweepCombination] = []
            for grid in grids ?? [SweepGrid()] {
                combinations += try grid.adding(typed).combinations()
            }
            return (combinations, common)
        } catch {
            guard !error.isOfFile else { throw error }
            throw ValidationError("\(error)")
        }
    }
}
