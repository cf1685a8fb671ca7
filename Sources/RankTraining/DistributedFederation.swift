import Federation
import Platform
import Synchronization
import Training

/// A federation whose cohort several processes share: what an `InProcessFederation` of the same
/// configuration computes, with however many ranks.
///
/// This is rank 0's half: it drives the run machine, deals each round's clients, trains its own
/// share beside the others and commits. Where updates can be summed, a round takes one reduction,
/// of every rank's exact sum; elsewhere rank 0 gathers them. The test set is split. The other ranks
/// run
/// `RankWorker.serve`.
public final class DistributedFederation: Sendable {
    private let worker: RankWorker
    private let progress: RunProgress
    private let lead: Mutex<RankLead>

    /// A federation that this rank leads.
    /// - Parameters:
    ///   - progress: told how far the run is.
    ///   - rounds: what is committed already of the run.
    ///   - state: what the federation knows after these rounds; nil for a run that begins.
    ///   - onRound: called with each round and what is known after it, to commit it.
    /// - Precondition: this is rank 0, and neither the rules nor the strategy have a `problem`.
    public init(
        _ configuration: FederationConfiguration, _ communicator: any Communicator,
        progress: RunProgress, resuming rounds: [CommittedRound] = [],
        state: FederationState? = nil,
        onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void
    ) {
        precondition(communicator.rank == 0, "rank \(communicator.rank) does not lead")
        self.progress = progress
        worker = RankWorker(configuration, communicator)
        lead = Mutex(
            RankLead(
                configuration, communicator, worker, progress,
                RunMachine(
                    configuration.plan, state: state ?? configuration.initialState,
                    resuming: rounds),
                onRound: onRound))
    }

    /// Runs all rounds and returns when the run is over; the other ranks then wait for `dismiss`.
    public func run() -> RunResult { lead.withLock { $0.run() } }

    /// Ends the run within a batch's time, where all ranks are told; committed rounds are kept.
    public func stop() {
        progress.requestStop()
        worker.stop()
    }

    /// Tells the ranks that serve to return.
    public static func dismiss(_ communicator: any Communicator) {
        _ = communicator.broadcast(value: RankOrder.end)
    }

    /// How much of the cores' time in each round of this process went without work, 0…1.
    ///
    /// The time is that from a round's order to the last rank's report, on all threads of all
    /// ranks.
    public var idleShares: [Double] { lead.withLock { $0.speeds.idleShares } }
}
