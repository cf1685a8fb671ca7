import ArgumentParser
import Experiments
import NeuralNetworks
import Platform
import Terminal

/// `federated bench accuracy`: how exact convolutions are.
struct BenchAccuracy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accuracy",
        abstract: "How exact convolutions are, against double precision.")

    func run() throws {
        let console = Console(quiet: false)
        for line in try ConvolutionAccuracy.report() { console.line(line) }
    }
}

/// `federated bench averaging`: what a round costs beside training.
struct BenchAveraging: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "averaging", abstract: "Averaging, and the log.")

    @OptionGroup var measured: MeasuredModel
    @OptionGroup var threads: MeasuredThreads
    @OptionGroup var measuring: MeasuringOptions

    var needs: ProcessNeeds { .training(threads.count) }

    func run(in program: Program) throws {
        let figures = try AveragingBenchmark(
            architecture: try measured.architecture(), clients: measuring.quick ? 10 : 100,
            threads: threads.count, repeats: measuring.quick ? 1 : measuring.repeats
        ).measure()
        try measuring.show(figures.lines, figures, on: measuring.console)
    }
}

/// `federated bench population`: what a run costs as its population grows.
struct BenchPopulation: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "population",
        abstract: "Start, rounds and memory of populations from a thousand to a million.")

    @OptionGroup var measured: MeasuredModel
    @OptionGroup var threads: MeasuredThreads
    @OptionGroup var measuring: MeasuringOptions

    var needs: ProcessNeeds { .training(threads.count) }

    func run(in program: Program) throws {
        let console = measuring.console
        let bench = PopulationBenchmark(
            model: measured.model, engine: measured.engine, threads: threads.count,
            repeats: measuring.quick ? 1 : measuring.repeats, rounds: measuring.quick ? 2 : 5)
        let figures = try bench.measure { console.transient($0) }
        try measuring.show(figures.lines, figures, on: console)
    }
}

/// `federated bench ranks`: what a round over ranks costs.
struct BenchRanks: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "ranks",
        abstract: "Under mpirun: a round over ranks, and a forecast of it on many.")

    @OptionGroup var measured: MeasuredModel
    @OptionGroup var measuring: MeasuringOptions

    @Option(help: ArgumentHelp("Clients of a round."))
    var clients = 10

    func validate() throws { try requirePositive(clients, "--clients") }

    var needs: ProcessNeeds { .training(1) }

    func run(in program: Program) throws {
        guard let ranks = try Ranks.join() else {
            throw CommandFailure(
                message: "bench ranks is for mpirun: mpirun -n 2 federated bench ranks")
        }
        defer { ranks.leave() }
        let bench = RanksBenchmark(
            model: measured.model, engine: measured.engine, communicator: ranks.communicator,
            repeats: measuring.quick ? 1 : measuring.repeats, clients: clients)
        let figures = try bench.measure()
        guard ranks.isFirst else { return }
        let console = measuring.console
        console.line(console.bold("federated \(LibraryVersion.text) bench ranks"))
        console.row(
            "machine", "\(Machine.description), \(Text.plural(figures.ranks, "rank")) of one thread"
        )
        console.row(
            "model", "\(measured.model.name), \(Text.count(figures.parameters)) parameters")
        try measuring.show(figures.lines, figures, on: console)
    }
}
