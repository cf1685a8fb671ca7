import ArgumentParser
import Datasets
import Experiments
import Federation
import Foundation
import Terminal

/// `federated partition`: how a data set is divided among clients, as a table, a file or a picture.
struct PartitionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partition",
        abstract: "Divide a data set among clients: print, draw or keep who has which images.",
        discussion: "Partitions: \(Partition.forms).")

    @Option(help: ArgumentHelp("How images are divided, like dirichlet:0.5.", valueName: "text"))
    var partition: String?

    @Option(help: "An experiment, 1 to 4, whose first round is shown, in place of a partition.")
    var experiment: Int?

    @Option(
        help: ArgumentHelp(
            "Clients. (default: 5, with csv:FILE as many as it names, with natural and writers as "
                + "many as the data)"))
    var clients: Int?

    @Option(help: "Seed: the same seed gives the same partition.")
    var seed: UInt64 = 1

    @Option(help: "Training images of a client, as an experiment takes it. (default: 600)")
    var samples: Int?

    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("Write it for csv:FILE to read again.", valueName: "file.csv"))
    var csv: String?

    @Option(help: ArgumentHelp("Draw it, too.", valueName: "file.png"))
    var picture: String?

    @Flag(help: "Print JSON, all clients, and nothing else.")
    var json = false

    func validate() throws {
        if let clients { try requirePositive(clients, "--clients") }
        guard (partition == nil) != (experiment == nil) else {
            throw ValidationError(
                partition == nil
                    ? "one of --partition and --experiment is needed"
                    : "--partition and --experiment contradict each other")
        }
        if let partition {
            let classes = RunSpec.classCount(ofDataset: data.dataset ?? "")
            let partition = try requirePartition(partition)
            if let classes { try asValidationError { try partition.check(classCount: classes) } }
            if samples != nil {
                throw ValidationError(
                    "--samples goes with --experiment: a partition divides all images")
            }
        }
        if let experiment {
            _ = try requireExperiment(
                experiment, samples: samples ?? Self.defaultSamples, dataset: data.dataset)
            if let clients, clients > Self.drawnClients {
                throw ValidationError(
                    "--clients is at most \(Self.drawnClients) with --experiment, not \(clients)")
            }
            if csv != nil {
                throw ValidationError(
                    "--csv goes with --partition: an experiment draws anew in every round")
            }
        }
    }

    func run() throws {
        let console = Console(quiet: json)
        let reading = try data.reading()
        let data = try RunData.load(
            data.dataset, folder: data.dataDir, reading: reading, on: console
        ).knowingWriters(for: partition.map(requirePartition))
        let (division, shards) = try divide(data.dataset)
        Self.show(division, notes: data.notes, on: console)
        if let csv, let shards {
            try shards.writeCSV(to: csv)
            console.wrote("csv", to: csv)
        }
        if let picture {
            try Picture.draw(
                [(name: "partition", json: division.json.encoded())], with: "plot_partition.py",
                to: picture)
            console.wrote("picture", to: picture)
        }
        if json { Console.write(division.json.encoded() + [UInt8(ascii: "\n")]) }
    }

    private static func show(_ division: Division, notes: [String], on console: Console) {
        for note in notes { console.line(note) }
        console.line(console.bold("federated \(LibraryVersion.text)"))
        for (fact, value) in division.facts { console.row(fact, value) }
        console.line()
        var table = TextTable(division.columns.map { .right($0) }, narrow: .split)
        for row in division.rows { table.add(row) }
        table.print(console)
        console.line()
        for (fact, value) in division.closing { console.row(fact, value) }
    }

    private static let defaultClients = 5
    private static let defaultSamples = 600
    /// Clients whose images are drawn to be shown.
    private static let drawnClients = 1_000_000

    private func divide(_ dataset: Dataset) throws -> (Division, DividedShards?) {
        if let partition {
            let partition = try requirePartition(partition)
            var count = clients
            if case .csv = partition {
            } else if !partition.goesByOwners {
                count = count ?? Self.defaultClients
            }
            let shards = try partition.divide(
                dataset.train, owners: dataset.owners, among: count, seed: seed)
            return (Division(partition, shards, of: dataset, seed: seed), shards)
        }
        let samples = samples ?? Self.defaultSamples
        let experiment = try requireExperiment(
            experiment ?? 1, samples: samples, dataset: data.dataset)
        let division = try Division(
            experiment, samples: samples, clients: clients ?? Self.defaultClients, of: dataset,
            seed: seed)
        return (division, nil)
    }
}

/// Finds the partition that a text means.
package func requirePartition(_ text: String) throws -> Partition {
    try asValidationError { try Partition(argument: text) }
}
