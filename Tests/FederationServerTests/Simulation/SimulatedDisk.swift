import Federation
import FederationServer
import FederationWire
import Parameters

/// What outlives a simulated server.
struct SimulatedDisk {
    /// A run, and what is permanent of it.
    struct Run {
        var name: RunIdentifier
        var options: TestServer.Options
        var commits: [(round: CommittedRound, state: FederationState, life: Int)] = []
        var kept: [ModelUpdate] = []
        var outcome: Outcome?
        var isCommitting = false

        var initial: FederationState {
            FederationState(model: ParameterVector(zeros: options.layout.count))
        }
    }

    var runs: [Run]

    init(_ options: TestServer.Options) {
        runs = []
        add(options)
    }

    /// The run that is served.
    var current: Int { runs.count - 1 }

    mutating func add(_ options: TestServer.Options) {
        guard let name = RunIdentifier("test-\(runs.count + 1)") else { return }
        runs.append(Run(name: name, options: options, kept: options.keptUpdates))
    }

    /// An update that was sent: no two of a client in a round have as many samples.
    struct Sent: Hashable {
        var run: Int
        var client: Int
        var round: Int
        var samples: Int
    }

    /// An update that a client was told counts.
    struct Acknowledgement {
        var sent: Sent
        var life: Int
        var origin: IncomingUpdate.Origin
    }
}
