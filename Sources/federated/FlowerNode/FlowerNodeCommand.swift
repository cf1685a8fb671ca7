import ArgumentParser
import Datasets
import FlowerNode
import Foundation
import Parameters
import Training

/// `federated flower-node`: a node of a Flower federation, with a model and data of this project.
struct FlowerNodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flower-node",
        abstract: "Take part in a Flower federation as one node.",
        discussion: """
            The node joins a Flower SuperLink (flwr 1.41) over its Fleet API and serves what a \
            ServerApp's strategy asks: train and evaluate. What the ServerApp's config says (lr, \
            local-epochs, batch-size) counts before what is said here. Its arrays must be those of \
            the model: one for each tensor, in this order and shape, whatever they are called.
            """)

    @Option(
        help: ArgumentHelp(
            "The SuperLink's Fleet API, like http://127.0.0.1:8000.", valueName: "url"))
    var superlink: String

    @OptionGroup var options: FlowerNodeOptions

    @Option(
        help: ArgumentHelp(
            "PEM file of mode 600 with the node's private key (P-256); made where there is none.",
            valueName: "file"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of whom to trust for the SuperLink's certificate.", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp("How long to try when the SuperLink is away.", valueName: "seconds"))
    var retryFor = 120.0

    @Flag(help: "Print nothing.")
    var quiet = false

    func validate() throws {
        do {
            _ = try SuperLinkAddress(superlink)
        } catch {
            throw ValidationError(error.description)
        }
        guard retryFor >= 0, retryFor.isFinite else {
            throw ValidationError("--retry-for must be at least 0 seconds, not \(retryFor)")
        }
        guard retryFor <= 1e9 else {
            throw ValidationError("--retry-for must be at most 1e9 seconds, not \(retryFor)")
        }
    }

    func run() throws {
        let console = Console(quiet: quiet)
        let address = try SuperLinkAddress(superlink)
        let identity = try keyFile.map(NodeIdentity.init(keyFile:)) ?? NodeIdentity()
        var configuration = FlowerNodeConfiguration(
            address: address, identity: identity, retrySeconds: retryFor)
        configuration.certificateFile = ca
        let slots = CoreSlots(count: availableProcessorCount())
        if let problem = slots.problem {
            console.line("nodes of this machine do not wait for each other: \(problem)")
        }
        let data = try loadDataset(
            options.dataset, folder: options.dataDir, threads: slots.count, console: console)
        for note in data.notes { console.line(note) }
        let trainee = try LocalTrainee(options, dataset: data.dataset, slots: slots)
        defer { trainee.close() }
        let display = FlowerNodeDisplay(console)
        display.begin(
            address, keyFile: keyFile, data: data.dataset.origin, options: options,
            trainee: trainee)
        let node = FlowerNode(configuration, trainee: trainee) { display.show($0) }
        let result = runInterruptibly { try await node.run() }
        console.clearTransient()
        do {
            try result.get()
        } catch is CancellationError {
            throw CommandFailure(
                message: "interrupted; the node has left the federation", status: 130)
        }
    }
}
