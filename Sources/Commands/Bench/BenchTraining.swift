import ArgumentParser
import Experiments
import NeuralNetworks
import Terminal

/// `federated bench training`: images a second, and what each operation costs.
struct BenchTraining: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "training",
        abstract: "Training and evaluation speed, and what each operation costs.")

    @OptionGroup var measured: MeasuredModel
    @OptionGroup var batches: BatchSizes
    @OptionGroup var threads: MeasuredThreads
    @OptionGroup var measuring: MeasuringOptions

    @Flag(help: "Also print each operation's share, its FLOP/s in dense terms and its bytes/s.")
    var profile = false

    var needs: ProcessNeeds { .training(threads.count) }

    func run(in program: Program) throws {
        let console = measuring.console
        let bench = try batches.benchmark(measured, threads, measuring, on: console)
        let report = bench.measure { console.transient($0) }
        try measuring.show(
            report.table(profile: profile, bold: console.dim), report, on: console)
    }
}

/// `federated bench optimizers`: what the terms of a local optimiser cost.
struct BenchOptimizers: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "optimizers", abstract: "Local optimisers beside plain SGD.")

    @OptionGroup var measured: MeasuredModel
    @OptionGroup var batches: BatchSizes
    @OptionGroup var threads: MeasuredThreads
    @OptionGroup var measuring: MeasuringOptions

    var needs: ProcessNeeds { .training(threads.count) }

    func run(in program: Program) throws {
        let console = measuring.console
        let bench = try batches.benchmark(measured, threads, measuring, on: console)
        let report = OptimizerBenchmark(bench: bench, batch: batches.batchSizes[0]).measure {
            console.transient($0)
        }
        try measuring.show(report.table(heading: console.dim), report, on: console)
    }
}

/// At which batch sizes training is measured.
struct BatchSizes: ParsableArguments {
    @Option(
        help: ArgumentHelp("Batch sizes, separated by commas.", valueName: "list"),
        transform: { try Numbers.list($0, option: "--batch-sizes") })
    var batchSizes = [8, 32, 128]

    func validate() throws {
        for size in batchSizes { try requirePositive(size, "--batch-sizes") }
    }

    /// The measurement, which has been announced.
    func benchmark(
        _ measured: MeasuredModel, _ threads: MeasuredThreads, _ measuring: MeasuringOptions,
        on console: Console
    ) throws -> Benchmark {
        let bench = try Benchmark(
            model: measured.model, engine: measured.engine, input: measured.input,
            batchSizes: batchSizes, threads: threads.count,
            repeats: measuring.quick ? min(measuring.repeats, 3) : measuring.repeats,
            seconds: measuring.quick ? 0.05 : 0.3)
        console.line(console.bold("federated \(LibraryVersion.text) bench"))
        for (name, value) in bench.facts { console.row(name, value) }
        console.line()
        return bench
    }
}
