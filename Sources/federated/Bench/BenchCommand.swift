import ArgumentParser
import Datasets
import Foundation
import NeuralNetworks
import Parameters

/// `federated bench`: how fast this machine trains and evaluates.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure training and evaluation speed.",
        discussion: """
            Every figure is a median over interleaved repeats. All cores means that each trains or \
            evaluates a model of its own, as clients do. The dense limit is what OpenBLAS's peak, \
            measured in the same run, would allow if every product were computed.
            """)

    @Option(help: ArgumentHelp("Model.", valueName: "name"))
    var model = NamedModel.referenceCNN

    @Option(
        help: ArgumentHelp("Batch sizes, separated by commas.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--batch-sizes") })
    var batchSizes = [8, 32, 128]

    @Option(help: "Threads for “all cores”. (default: one for each core)")
    var threads: Int?

    @Option(help: "Repeats of each measurement.")
    var repeats = 5

    @Option(help: "Operations: fused, or plain ones (im2col and OpenBLAS).")
    var engine = Engine.fused

    @Flag(help: "Also print each operation's share, its FLOP/s in dense terms and its bytes/s.")
    var profile = false

    @Flag(help: "Print how exact convolutions are, against double precision, and nothing else.")
    var accuracy = false

    @Flag(help: "Compare local optimisers with plain SGD, and measure nothing else.")
    var optimizers = false

    @Flag(help: "Measure averaging and the log, and nothing else.")
    var averaging = false

    @Flag(help: "Measure a round whose clients do nothing, in process and over loopback.")
    var federation = false

    @Flag(help: "Measure start, rounds and memory of populations from a thousand to a million.")
    var population = false

    @Flag(help: "Under mpirun: measure a round over ranks, and forecast it on many.")
    var ranks = false

    @Option(help: ArgumentHelp("Clients of a round, with --ranks."))
    var clients = 10

    @Flag(help: .hidden)
    var federationServer = false

    @Option(help: .hidden)
    var federationClients = 10

    @Option(help: .hidden)
    var federationCohort: Int?

    @Option(help: .hidden)
    var federationParameters: Int?

    @Flag(help: "Measure for a moment only: figures are rough.")
    var quick = false

    @Flag(help: "Print JSON and nothing else.")
    var json = false

    func validate() throws {
        try requirePositive(repeats, "--repeats")
        try requireThreads(threads)
        for size in batchSizes { try requirePositive(size, "--batch-sizes") }
        try requirePositive(clients, "--clients")
        try requirePositive(federationClients, "--federation-clients")
    }

    func run() throws {
        let console = Console(quiet: json)
        if accuracy {
            for line in try ConvolutionAccuracy.report() { console.line(line) }
            return
        }
        if ranks { return try runRanks(console) }
        if federation || federationServer { return try runFederation(console) }
        let threads = threads ?? availableProcessorCount()
        if population { return try runPopulation(console, threads: threads) }
        if averaging {
            let figures = try AveragingBenchmark(
                architecture: try model.architecture(
                    input: .image(height: 28, width: 28, channels: 1)),
                clients: quick ? 10 : 100, threads: threads, repeats: quick ? 1 : repeats
            ).measure()
            for line in figures.lines { console.line(line) }
            if json { try printJSON(figures) }
            return
        }
        let bench = try Benchmark(
            model: model, engine: engine, batchSizes: batchSizes,
            threads: threads,
            repeats: quick ? min(repeats, 3) : repeats, seconds: quick ? 0.05 : 0.3)
        console.line(console.bold("federated \(Federated.version) bench"))
        console.line("  machine    \(Machine.description), \(bench.threads) threads")
        console.line(
            "  model      \(model.rawValue), \(Text.count(bench.architecture.parameterCount)) "
                + "parameters, \(Text.fixed(bench.trainingFlops / 1e6, 1)) MFLOP a training image, "
                + "\(engine.rawValue) engine")
        console.line(
            "  data       \(Text.count(bench.images.count)) generated digits; medians of "
                + "\(bench.repeats) interleaved repeats")
        console.line()
        if optimizers {
            let report = OptimizerBenchmark(bench: bench, batch: batchSizes[0]).measure {
                console.transient($0)
            }
            console.clearTransient()
            for line in report.table(heading: console.dim) { console.line(line) }
            if json { try printJSON(report) }
            return
        }
        let report = bench.measure { console.transient($0) }
        console.clearTransient()
        for line in report.table(profile: profile, bold: console.dim) { console.line(line) }
        if json { try printJSON(report) }
    }

    private func runRanks(_ console: Console) throws {
        guard let ranks = try Ranks.join() else {
            throw CommandFailure(
                message: "bench --ranks is for mpirun: mpirun -n 2 federated bench --ranks")
        }
        defer { ranks.leave() }
        let bench = RanksBenchmark(
            model: model, engine: engine, communicator: ranks.communicator,
            repeats: quick ? 1 : repeats, clients: clients)
        let figures = try bench.measure()
        guard ranks.isFirst else { return }
        console.line(console.bold("federated \(Federated.version) bench --ranks"))
        console.line(
            "  machine    \(Machine.description), \(Text.plural(figures.ranks, "rank")) of one thread"
        )
        console.line(
            "  model      \(model.rawValue), \(Text.count(figures.parameters)) parameters")
        for line in figures.lines { console.line(line) }
        if json { try printJSON(figures) }
    }

    private func runPopulation(_ console: Console, threads: Int) throws {
        let bench = PopulationBenchmark(
            model: model, engine: engine, threads: threads, repeats: quick ? 1 : repeats,
            rounds: quick ? 2 : 5)
        let figures = try bench.measure { console.transient($0) }
        console.clearTransient()
        for line in figures.lines { console.line(line) }
        if json { try printJSON(figures) }
    }

    private func runFederation(_ console: Console) throws {
        let layout =
            try federationParameters.map { ParameterLayout([("all", [$0])]) }
            ?? model.architecture(input: .image(height: 28, width: 28, channels: 1)).layout
        if federationServer {
            let run = NoOpRun(
                layout: layout, clients: federationClients,
                cohort: federationCohort ?? federationClients, rounds: 1)
            return try LoadServer(run: run).serve()
        }
        let bench = FederationBenchmark(
            layout: layout, clients: federationClients, rounds: quick ? 5 : 10 * repeats)
        let figures = try waitFor { try await bench.measure() }
        for line in figures.lines { console.line(line) }
        if json { try printJSON(figures) }
    }

    private func printJSON(_ figures: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        Console.write(Array(try encoder.encode(figures)) + [UInt8(ascii: "\n")])
    }
}

/// Lists of numbers on the command line.
enum Numbers {
    /// Parses "1,2,3".
    static func list<Number: LosslessStringConvertible>(
        _ text: String, option: String
    ) throws -> [Number] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        return try parts.map { part in
            guard let number = Number(part.trimmingCharacters(in: .whitespaces)) else {
                throw ValidationError("\(option): “\(part)” is no number in the list “\(text)”")
            }
            return number
        }
    }
}
