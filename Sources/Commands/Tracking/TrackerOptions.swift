import ArgumentParser
import Experiments
import Synchronization
import Terminal

/// Whether and where another program follows what goes on.
package struct TrackerOptions: ParsableArguments {
    @Option(
        name: .customLong("log-to"),
        help: ArgumentHelp(
            "Show each round to another program at once: tensorboard, by event files in DIR. (default DIR: tensorboard in the log folder)",
            valueName: "tensorboard[:DIR]"),
        transform: { try TrackerChoice(typed: $0) })
    package var choice: TrackerChoice?

    package init() {}

    /// Leaves a command that asks for it to the program that can track runs, before anything is done.
    /// - Parameter command: its name.
    package func requireNetwork(
        in program: Program, command: String
    ) throws -> (any NetworkPart)? {
        try choice.map { try program.networkPart(for: "\(command) --log-to \($0)") }
    }

    /// Makes sure that runs can be tracked, before anything is loaded; nil where that was not asked for.
    /// - Parameter command: the name of the command that asks for it.
    package func prepare(
        in program: Program, command: String, logFolder: String
    ) throws -> RunTracking? {
        guard let choice, let network = try requireNetwork(in: program, command: command)
        else { return nil }
        let place = choice.place(logFolder: logFolder)
        try network.checkTracking(to: place)
        return RunTracking(network: network, place: place)
    }
}

/// Has runs tracked, and remembers whether that failed.
package final class RunTracking: Sendable {
    private let network: any NetworkPart
    /// Where their folders are.
    package let place: String
    private let failures = Mutex(0)

    init(network: any NetworkPart, place: String) {
        self.network = network
        self.place = place
    }

    /// A tracker of a run that begins or goes on.
    /// - Parameter name: what its folder is called.
    package func begin(_ run: ExperimentRun, name: String) throws -> any RunTracker {
        try network.track(run, name: name, in: place) { [self] error in fail(name, error) }
    }

    /// The same; nil where that cannot be done, which is said, and counts as a failure.
    package func tryBegin(_ run: ExperimentRun, name: String) -> (any RunTracker)? {
        do {
            return try begin(run, name: name)
        } catch {
            fail(name, error)
            return nil
        }
    }

    private func fail(_ name: String, _ error: any Error) {
        failures.withLock { $0 += 1 }
        Console.warn("federated: \(error); run \(name) goes on without")
    }

    /// Ends the command with status 1 where something could not be written, which has been said.
    package func requireSuccess() throws(CommandFailure) {
        guard failures.withLock({ $0 }) == 0 else { throw .alreadySaid }
    }
}
