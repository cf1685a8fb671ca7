import ArgumentParser
import Datasets
import Foundation
import Parameters

/// `federated reproduce`: a published table, run again.
package struct ReproduceCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "reproduce", abstract: "Run a published table again, and print both.",
        discussion: """
            Cells run side by side, a core each. Finished runs are kept in Logs/reproductions; the same \
            command goes on where it stopped. Rounds are counted as their authors do: best accuracy so \
            far, linearly interpolated.

            \(Study.all.map { "  \($0.name): \($0.source)" }.joined(separator: "\n"))
            """)

    @Argument(help: "The table: \(Study.all.map(\.name).joined(separator: ", ")).")
    var name: String

    @Option(help: ArgumentHelp("Only these cells; a * stands for any letters.", valueName: "list"))
    var cells: String?

    @Option(
        help: ArgumentHelp("Seeds; the first chooses the learning rate.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--seeds") })
    var seeds: [UInt64] = [1, 2, 3]

    @Option(
        help: ArgumentHelp(
            "Learning rates to choose from. (default: those of the study)", valueName: "list"),
        transform: { try Numbers.list($0, option: "--learning-rates") })
    var learningRates: [Float] = []

    @Flag(help: "Only try each cell: one seed, one rate, three rounds.")
    var quick = false

    @Flag(help: "List the cells, with what is there of them, and run nothing.")
    var list = false

    @Option(help: ArgumentHelp("Cells at once. (default: one for each core)"))
    var jobs: Int?

    @Option(help: ArgumentHelp("Where CSV and picture go.", valueName: "folder"))
    var output = "Logs/reproductions"

    @Option(help: ArgumentHelp("mnist, or with --quick any data.", valueName: "data"))
    var dataset: String?

    @Option(help: ArgumentHelp("Where MNIST is.", valueName: "folder"))
    var dataDir: String?

    package init() {}

    package func validate() throws {
        guard let study = Study.all.first(where: { $0.name == name }) else {
            let names = Study.all.map(\.name).joined(separator: ", ")
            throw ValidationError("there is no study “\(name)”: they are \(names)")
        }
        _ = try chosen(of: study)
        if let jobs { try requirePositive(jobs, "--jobs") }
        for rate in learningRates { try requireLearningRate(rate, "--learning-rates") }
    }

    package func run() throws {
        try Ranks.requireOne("reproduce")
        guard let study = Study.all.first(where: { $0.name == name }) else { return }
        let console = Console(quiet: false)
        let file = "\(study.name)\(quick ? "-quick" : "").csv"
        let url = URL(fileURLWithPath: output).appending(path: file)
        let cells = try chosen(of: study)
        console.line(console.bold("federated \(Federated.version)"))
        console.line("  \(study.source)")
        var data: String?
        if !list {
            let loaded = try load(console)
            data = RunInputs.text(loaded.fingerprint)
            guard try run(cells, StudyTable(url), loaded, console) else {
                throw CommandFailure(
                    message:
                        "interrupted; finished runs are in \(url.relativePath), and the same command "
                        + "goes on from there", status: 130)
            }
        }
        let all = StudyTable.rows(in: url)
        // A list shows a study's data; tries may have had any, of which the last are shown.
        let shown = data ?? (quick ? all.last?.data : nil) ?? RunInputs.text(MNIST.fingerprint)
        let rows = all.filter { $0.isOf(shown, trustsName: !quick) }
        let results = cells.map { StudyResult($0, rows: rows) }
        Self.show(results, console)
        console.row("table", url.relativePath)
        guard results.contains(where: { !$0.values.isEmpty }) else { return }
        let picture = String(url.relativePath.dropLast(".csv".count)) + ".png"
        let summary = try StudySummary(study, results, rows: rows).encoded()
        do {
            try Picture.draw(
                [(name: study.name, json: Array(summary))], with: "plot_study.py", to: picture)
            console.row("picture", picture)
        } catch {
            // The numbers are there without it.
            console.row("picture", sentence(for: error))
        }
    }

    /// The cells that were asked for, as they are to be run.
    private func chosen(of study: Study) throws -> [StudyCell] {
        var cells = study.cells
        if let patterns = self.cells?.split(separator: ",").map(String.init) {
            for pattern in patterns
            where !cells.contains(where: { Self.matches($0.name, pattern) }) {
                throw ValidationError(
                    "\(study.name) has no cell “\(pattern)”: they are "
                        + cells.map(\.name).joined(separator: ", "))
            }
            cells = cells.filter { cell in
                patterns.contains { Self.matches(cell.name, $0) }
            }
        }
        return cells.map { cell in
            var settings = cell.settings
            if quick { settings.rounds = min(3, settings.rounds) }
            var rates = learningRates.isEmpty ? cell.learningRates : learningRates
            if quick { rates = [rates[0]] }
            return StudyCell(
                name: cell.name, measure: cell.measure, paper: cell.paper, settings: settings,
                learningRates: rates)
        }
    }

    private func load(_ console: Console) throws -> (dataset: Dataset, fingerprint: UInt64) {
        let loaded = try loadDataset(
            dataset, folder: dataDir, threads: availableProcessorCount(), console: console)
        let fingerprint = loaded.dataset.fingerprint
        // A folder may be called mnist and hold anything.
        guard quick || fingerprint == MNIST.fingerprint else {
            throw CommandFailure(
                message: "a reproduction needs MNIST, and there is \(loaded.dataset.origin): see "
                    + "federated data; --quick tries the cells on any data")
        }
        for note in loaded.notes { console.line(note) }
        return (loaded.dataset, fingerprint)
    }

    private func run(
        _ cells: [StudyCell], _ table: StudyTable,
        _ loaded: (dataset: Dataset, fingerprint: UInt64), _ console: Console
    ) throws -> Bool {
        let count = jobs ?? availableProcessorCount()
        console.row("data", loaded.dataset.origin)
        console.row(
            "threads", "\(Text.plural(count, "cell")) at once on \(Machine.description)")
        console.line()
        let runner = StudyRunner(
            dataset: loaded.dataset, fingerprint: loaded.fingerprint, table: table,
            trustsName: !quick, seeds: quick ? [seeds[0]] : seeds, console: console)
        let interruption = Interruption { runner.stop() }
        defer { interruption.end() }
        return try runner.run(cells, jobs: count)
    }

    private static func show(_ results: [StudyResult], _ console: Console) {
        console.line()
        var text = TextTable([
            .left("cell"), .left("measure"), .right("paper"), .right("ours (lowest – highest)"),
            .right("seeds"), .right("rate"), .right("core seconds"), .right("images/s"),
        ])
        for result in results {
            text.add([
                result.cell.name, result.cell.measure.title, result.paper, result.text,
                result.values.isEmpty ? "–" : "\(result.values.count)",
                result.learningRate.map { "\($0)" } ?? "–", Text.fixed(result.seconds, 0),
                result.values.isEmpty ? "–" : Text.count(Int(result.imagesPerSecond)),
            ])
        }
        text.print(console)
        console.line()
    }

    /// Whether a name fits a pattern in which * stands for any letters.
    package static func matches(_ name: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return name == pattern }
        guard name.hasPrefix(parts[0]), name.hasSuffix(parts[parts.count - 1]) else { return false }
        var rest = name.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.count >= parts[parts.count - 1].count
    }
}
