import ArgumentParser
import Datasets
import Experiments
import Federation
import Foundation
import Parameters
import Platform
import Terminal

/// `federated reproduce`: a published table, run again.
package struct ReproduceCommand: ProgramCommand {
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

    @Option(
        help: ArgumentHelp(
            "The table's data: mnist, or a folder with CIFAR-10; with --quick any.",
            valueName: "data"))
    var dataset: String?

    @OptionGroup var folder: DataFolder

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

    package var needs: ProcessNeeds { .training() }

    package func run(in program: Program) throws {
        try Ranks.requireOne("reproduce")
        guard let study = Study.all.first(where: { $0.name == name }) else { return }
        let console = Console(quiet: false)
        let file = "\(study.name)\(quick ? "-quick" : "").csv"
        let url = URL(fileURLWithPath: output).appending(path: file)
        let cells = try chosen(of: study)
        console.line(console.bold("federated \(LibraryVersion.text)"))
        console.line("  \(study.source)")
        var data: String?
        if !list {
            let loaded = try load(study.material, console)
            data = RunInputs.text(loaded.source.fingerprint)
            guard try run(cells, StudyTable(url), loaded, console) else {
                throw CommandFailure(
                    message:
                        "interrupted; finished runs are in \(url.relativePath), and the same command "
                        + "goes on from there", status: 130)
            }
        }
        let rows = StudyTable.rows(in: url, of: data, areTries: quick || study.material != .mnist)
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
        let patterns = cells?.split(separator: ",").map(String.init)
        return try asValidationError { try study.cells(matching: patterns ?? ["*"]) }.map { cell in
            let cell = cell.choosing(from: learningRates)
            return quick ? cell.tried : cell
        }
    }

    private func load(_ material: Study.Material, _ console: Console) throws -> RunData {
        let data = try RunData.load(dataset, folder: folder.dataDir, on: console)
        // A folder may be called mnist and hold anything.
        guard quick || material.isOf(data) else {
            throw CommandFailure(
                message: "a reproduction needs \(material.title), and there is "
                    + "\(data.dataset.origin): see federated data; --quick tries the cells on any data"
            )
        }
        for note in data.notes { console.line(note) }
        return data
    }

    private func run(
        _ cells: [StudyCell], _ table: StudyTable, _ data: RunData, _ console: Console
    ) throws -> Bool {
        let count = jobs ?? availableProcessorCount()
        console.row("data", data.dataset.origin)
        console.row(
            "threads", "\(Text.plural(count, "cell")) at once on \(Machine.description)")
        console.line()
        let runner = StudyRunner(
            data: data, table: table, trustsName: !quick, seeds: quick ? [seeds[0]] : seeds
        ) { event in
            switch event {
            case .committed(let round, let limit, let words):
                let accuracy = round.record.global.map { Text.percent($0.accuracy) } ?? "–"
                console.transient(
                    "  \(words): round \(round.record.round)/\(limit), \(accuracy)")
            case .ended(let words, let measured, let seconds):
                console.line("  \(words): \(measured), \(Text.duration(seconds))")
            }
        }
        let interruption = Interruption { runner.stop() }
        defer { interruption.end() }
        defer { console.clearTransient() }
        return try runner.run(cells, jobs: count)
    }

    private static func show(_ results: [StudyResult], _ console: Console) {
        console.line()
        var text = TextTable([
            .left("cell"), .left("measure"), .right("published"), .right("ours (lowest – highest)"),
            .right("seeds"), .right("rate"), .right("core seconds"), .right("images/s"),
        ])
        for result in results { text.add(result.row) }
        text.print(console)
        console.line()
    }
}
