import ArgumentParser
import Commands
import Datasets
import Experiments
import FlowerNode
import Foundation
import NetworkExperiments
import Parameters
import Terminal

/// `federated flower-node`: a node of a Flower federation, with a model and data of this project.
package struct FlowerNodeCommand: ProgramCommand {
    package static let configuration = CommandConfiguration(
        commandName: "flower-node", abstract: CommandList.flowerNode,
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

    @OptionGroup var retrying: RetryOptions

    @Flag(help: "Print nothing.")
    var quiet = false

    package init() {}

    package func validate() throws {
        _ = try asValidationError { try SuperLinkAddress(superlink) }
    }

    package var needs: ProcessNeeds { .network(training: 1) }

    package func run(in program: Program) throws {
        let console = Console(quiet: quiet)
        let address = try SuperLinkAddress(superlink)
        let identity = try keyFile.map(NodeIdentity.init(keyFile:)) ?? NodeIdentity()
        var configuration = FlowerNodeConfiguration(
            address: address, identity: identity, retrySeconds: retrying.retryFor)
        configuration.certificateFile = ca
        let slots = CoreSlots(count: availableProcessorCount())
        if let problem = slots.problem {
            console.line("nodes of this machine do not wait for each other: \(problem)")
        }
        let part = try options.part()
        let data = try RunData.load(
            options.data.dataset, folder: options.data.dataDir, reading: options.data.reading(),
            threads: slots.count, on: console
        ).knowingWriters(for: part.partition)
        for note in data.notes { console.line(note) }
        for note in part.model.notes(on: data.dataset.train.featureShape) { console.line(note) }
        let trainee = try LocalTrainee(part, dataset: data.dataset, slots: slots)
        defer { trainee.close() }
        let display = FlowerNodeDisplay(console)
        display.begin(
            address, keyFile: keyFile, data: data.dataset.origin, part: part,
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
