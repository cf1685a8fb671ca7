import Federation
import RankTraining
import Training

/// Where a run's clients are trained, and what it takes to reach them. It changes no bit.
public enum ClientPlace: Sendable {
    /// On threads of this process.
    case threads
    /// On threads of this process, which talk to a server in it; the way there is another target's, so
    /// that nobody needs a network for a run without one.
    case loopback(Transport, LoopbackMaker)
    /// In all of the processes that share the communicator, led by this one.
    case ranks(any Communicator)
    /// In all of the processes that another one leads: what is made says what there is to do.
    case rank
    /// Wherever they are, as clients of a server that takes the run over.
    case served

    /// Whether another process leads it.
    var isRank: Bool { if case .rank = self { true } else { false } }

    /// What decides which settings such a run can have.
    package var execution: Execution {
        switch self {
        case .threads: .memory
        case .loopback(let transport, _): .loopback(transport)
        case .ranks, .rank: .ranks
        case .served: .served
        }
    }
}

/// Makes a federation over loopback of what there would be in memory.
public typealias LoopbackMaker = @Sendable (LoopbackRun) throws -> any RunDriver

/// What a federation over loopback is made of.
public struct LoopbackRun: Sendable {
    /// What the run in memory would be made of.
    public let configuration: FederationConfiguration
    /// What clients are told.
    public let spec: RunSpec
    /// What the run reads.
    public let inputs: RunInputs
    /// How clients reach the server.
    public let transport: Transport
    /// To be told how far the run is.
    public let progress: RunProgress
    /// What is committed of the run already.
    public let rounds: [CommittedRound]
    /// What the federation knows after these rounds; nil for a run that begins.
    public let state: FederationState?
    /// To be called with each round and what is known after it, to commit it.
    public let onRound: @Sendable (CommittedRound, FederationState) throws -> Void
}
