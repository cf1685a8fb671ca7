import ArgumentParser
import Commands
import Experiments
import NetworkExperiments
import Parameters
import TensorBoard
import Terminal

/// The command `federated` with a network in it.
package struct FederatedWithNetwork: ParsableCommand {
    package static let configuration = CommandList.configuration([
        ServeCommand.self, JoinCommand.self, FlowerNodeCommand.self, PageCommand.self,
    ])

    package init() {}
}

/// What this program can do of networks.
package struct WholeNetwork: NetworkPart {
    package init() {}

    package var loopback: LoopbackMaker { { try LoopbackFederation($0) } }

    package func page(of runs: LiveRuns, at place: PagePlace) throws -> any ShownPage {
        try RunningPage.begin(LivePages(runs), at: place) { Console.warn("federated: \($0)") }
    }

    package func checkTracking(to place: String) throws {
        try TensorBoardRun.checkWritable(place)
    }

    package func track(
        _ run: ExperimentRun, name: String, in place: String,
        onFailure: @escaping @Sendable (any Error) -> Void
    ) throws -> any RunTracker {
        try TensorBoardTracker(run, name: name, in: place, onFailure: onFailure)
    }

    package func writeEvents(
        of run: FoundRun, to place: String
    ) throws -> (folder: String, rounds: Int) {
        try run.writeEvents(to: place)
    }

    package func measureFederation(
        _ layout: ParameterLayout, clients: Int, rounds: Int
    ) throws -> FederationFigures {
        let bench = FederationBenchmark(layout: layout, clients: clients, rounds: rounds)
        return try waitFor { try await bench.measure() }
    }

    package func serveLoad(_ layout: ParameterLayout, clients: Int, cohort: Int) throws {
        let run = NoOpRun(layout: layout, clients: clients, cohort: cohort, rounds: 1)
        try LoadServer(run: run).serve { Console.write(Array("\($0)\n".utf8)) }
    }
}
