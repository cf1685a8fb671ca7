import ArgumentParser
import Experiments
import Foundation
import Parameters
import Platform
import Terminal

/// `federated bench published`: settings whose times others have published, run here.
struct BenchPublished: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "published",
        abstract: "Settings whose times are published, run here and set beside them.",
        discussion: """
            Each row runs as federated run would, with the published counts of parameters, clients, \
            images and steps: a run that came to others is an error. Only the server's model is tested. \
            Images are generated where the real ones are not at hand, and the row says so. Hardware \
            differs: the time beside ours is what was published, on what it was published for.

            \(PublishedSetting.all.map { "  \($0.id): \($0.title)" }.joined(separator: "\n"))
            """)

    @Option(help: ArgumentHelp("Only these rows. (default: all)", valueName: "list"))
    var rows: String?

    @Option(help: "Rounds of each row at most. (default: as many as published)")
    var rounds: Int?

    @Option(help: "Threads that train and test. (default: one for each core)")
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "Data of MNIST's rows. (default: mnist, or digits where it is not to be had)",
            valueName: "data"))
    var dataset: String?

    @OptionGroup var folder: DataFolder

    @Option(
        help: ArgumentHelp(
            "CIFAR-10's binary files. (default: generated images)", valueName: "folder"),
        completion: .directory)
    var cifar: String?

    @Flag(help: "Print the settings and what is published, and run nothing.")
    var list = false

    @Flag(help: "Print JSON and nothing else.")
    var json = false

    var needs: ProcessNeeds { .training(threadCount) }

    private var threadCount: Int { threads ?? availableProcessorCount() }

    func validate() throws {
        if let rounds { try requirePositive(rounds, "--rounds") }
        try requireThreads(threads)
        if list, json { throw ValidationError("--list prints no JSON: leave one of both out") }
        _ = try settings
    }

    private var settings: [PublishedSetting] {
        get throws {
            guard let rows else { return PublishedSetting.all }
            do {
                return try PublishedSetting.named(rows)
            } catch {
                throw ValidationError("--rows: \(error)")
            }
        }
    }

    func run(in program: Program) throws {
        let console = Console(quiet: json)
        let settings = try settings
        if list { return Self.show(settings, on: console) }
        let bench = PublishedBenchmark(
            settings, rounds: rounds, threads: threadCount,
            sources: PublishedSources(dataset: dataset, folder: folder.dataDir, cifar: cifar))
        console.line(console.bold("federated \(LibraryVersion.text) bench published"))
        console.row(
            "machine", "\(Machine.description), \(Text.plural(threadCount, "thread"))")
        console.line()
        let figures = try bench.measure(
            progress: { console.transient($0) },
            onRow: { row in
                console.clearTransient()
                for line in row.lines { console.line(line, hanging: 12) }
                console.line()
            })
        console.clearTransient()
        Self.table(figures).print(console)
        guard json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Console.write(Array(try encoder.encode(figures)) + [UInt8(ascii: "\n")])
    }

    /// A line for each published time.
    private static func table(_ figures: PublishedBenchmark.Figures) -> TextTable {
        var table = TextTable([
            .left("row"), .right("rounds"), .right("ours"), .right("a round"), .right("images/s"),
            .right("published"), .left("by"), .left("on"),
        ])
        for row in figures.rows {
            for (index, time) in row.published.enumerated() {
                let own =
                    index == 0
                    ? [
                        row.id, row.roundsText.replacing(" rounds", with: ""), row.secondsText,
                        row.roundText, Text.count(Int(row.imagesPerSecond.rounded())),
                    ] : ["", "", "", "", ""]
                table.add(own + [time.text, time.program, time.hardware])
            }
        }
        return table
    }

    private static func show(_ settings: [PublishedSetting], on console: Console) {
        for setting in settings {
            console.line("\(setting.id)  \(setting.title)")
            console.line("  setting   \(setting.summary)", hanging: 12)
            for remark in setting.remarks { console.line("  differs   \(remark)", hanging: 12) }
            for time in setting.times {
                let note = time.note.map { " (\($0))" } ?? ""
                console.line(
                    "  \(time.text)  \(time.program) on \(time.hardware); \(time.source)\(note)",
                    hanging: 12)
            }
        }
    }
}
