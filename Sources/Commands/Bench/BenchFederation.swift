import ArgumentParser
import Experiments
import NeuralNetworks
import Parameters

/// `federated bench federation`: what a round of clients that do nothing costs, in process and over
/// loopback.
struct BenchFederation: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "federation",
        abstract: "A round whose clients do nothing, in process and over loopback.")

    @OptionGroup var idle: IdleRun
    @OptionGroup var measuring: MeasuringOptions

    var needs: ProcessNeeds { .network(training: availableProcessorCount()).serving }

    func run(in program: Program) throws {
        let figures = try program.networkPart(for: "bench federation").measureFederation(
            idle.layout(), clients: idle.clients,
            rounds: measuring.quick ? 5 : 10 * measuring.repeats)
        try measuring.show(figures.lines, figures, on: measuring.console)
    }
}

/// `federated bench load-server`: a server for load from another process, as `load_server.py` makes it.
struct BenchLoadServer: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-server", abstract: "A server of a run that does nothing.",
        shouldDisplay: false)

    @OptionGroup var idle: IdleRun

    @Option(help: "Clients of a round. (default: all)")
    var cohort: Int?

    var needs: ProcessNeeds { .network(training: 0).serving }

    func run(in program: Program) throws {
        try program.networkPart(for: "bench load-server").serveLoad(
            idle.layout(), clients: idle.clients, cohort: cohort ?? idle.clients)
    }
}

/// A run whose clients do nothing.
struct IdleRun: ParsableArguments {
    @Option(help: "Clients.")
    var clients = 10

    @Option(help: "Parameters of the model. (default: those of the reference model)")
    var parameters: Int?

    func validate() throws {
        try requirePositive(clients, "--clients")
        if let parameters { try requirePositive(parameters, "--parameters") }
    }

    func layout() throws -> ParameterLayout {
        try parameters.map { ParameterLayout([("all", [$0])]) }
            ?? NamedModel.referenceCNN.architecture(
                input: .image(height: 28, width: 28, channels: 1)
            ).layout
    }
}
