import Datasets
import Federation
import Foundation
import NeuralNetworks
import Parameters
import Platform
import Synchronization

/// A server and its clients in one process: drives the round engine with worker threads.
///
/// Clients train side by side, one to a thread; trained models are evaluated in pieces by whatever
/// threads have no client left to train, so that unequal shards leave no core idle. Nothing that
/// comes out depends on the number of threads.
public final class InProcessFederation: Sendable {
    /// What a federation is made of.
    public typealias Configuration = FederationConfiguration

    /// What it is made of.
    public let configuration: Configuration
    /// How far it is, for whoever shows it.
    public let progress = RunProgress()
    private let queue = WorkQueue<Work>([])
    private let plans: WorkerPlans
    private let state: Mutex<State>
    private let idleTime: Mutex<IdleTime>
    private let onRound: @Sendable (CommittedRound, FederationState) throws -> Void

    private struct State {
        var machine: RunMachine
        /// Models whose evaluation is not over.
        var waitingModels = 0
    }

    /// For each round that was committed here, the part of the threads' time since the commit before, or
    /// since the run began, in which they found nothing to do, 0…1.
    public var idleShares: [Double] { idleTime.withLock { $0.shares } }

    /// A federation that waits for `run`.
    /// - Parameters:
    ///   - rounds: what is committed already of the run; it goes on from there.
    ///   - state: what the federation knows after these rounds; nil for a run that begins.
    ///   - onRound: called with each round and what is known after it to commit it, in order, on one of
    ///     the workers' threads, while the others train on. If it throws, the round is not committed
    ///     and the run ends.
    /// - Precondition: the configuration has no `problem`.
    public init(
        _ configuration: Configuration, resuming rounds: [CommittedRound] = [],
        state: FederationState? = nil,
        onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void = { _, _ in }
    ) {
        if let problem = configuration.problem { preconditionFailure("\(problem)") }
        precondition(
            rounds.isEmpty == (state == nil), "committed rounds and their state go together")
        self.configuration = configuration
        self.onRound = onRound
        plans = WorkerPlans(
            configuration.architecture,
            trainingBatchSize: configuration.training.batchSize(
                samples: configuration.shards.largestShard),
            engine: configuration.engine, loss: configuration.loss,
            threads: configuration.threads)
        idleTime = Mutex(IdleTime(threads: configuration.threads))
        self.state = Mutex(
            State(
                machine: RunMachine(
                    configuration.plan, state: state ?? configuration.initialState,
                    resuming: rounds)))
    }

    /// Runs all rounds and returns when the run is over.
    public func run() -> RunResult {
        idleTime.withLock { $0.begin(waited: queue.waitedSeconds) }
        report(.begin)
        queue.drain(threads: configuration.threads) { worker, work in
            switch work {
            case .train(let task): train(task, worker)
            case .evaluate(let pieces, let subject, let round, let piece):
                evaluate(pieces, subject, round, piece, worker)
            }
        }
        guard let result = state.withLock({ $0.machine.result }) else {
            preconditionFailure("the work is done and the run is not over")
        }
        return result
    }

    /// Ends the run within a batch's time; committed rounds are kept.
    public func stop() {
        progress.requestStop()
    }

    // MARK: Work

    private enum Work: Sendable {
        case train(TrainingTask)
        case evaluate(EvaluationPieces, of: EvaluationSubject, round: Int, piece: Int)
    }

    private func train(_ task: TrainingTask, _ worker: Int) {
        // A run may end with work still on its way into the queue.
        guard state.withLock({ $0.machine.result == nil }) else { return }
        // Tests of the round before go first.
        guard progress.gate.lets(task.round) || progress.isStopping else {
            usleep(20_000)
            return queue.push(contentsOf: [.train(task)], at: .back)
        }
        do {
            let (update, seconds) = try configuration.trained(
                task, on: plans.training(worker), progress: { progress.add(trained: $0) },
                shouldStop: { progress.isStopping })
            progress.clientTrained(seconds: seconds)
            report(.trained(update))
        } catch LocalTrainingError.stopped {
            report(.stop)
        } catch {
            let failure = ClientFailure(.divergence, reason: "\(error)")
            report(.failed(client: task.client, round: task.round, failure, at: nil))
        }
    }

    private func evaluate(
        _ pieces: EvaluationPieces, _ subject: EvaluationSubject, _ round: Int, _ piece: Int,
        _ worker: Int
    ) {
        if progress.isStopping { return report(.stop) }
        let (images, seconds, whole) = pieces.evaluate(piece, on: plans.inference(worker))
        progress.add(evaluated: images, seconds: seconds)
        guard let (evaluation, spent) = whole else { return }
        state.withLock { $0.waitingModels -= 1 }
        report(.evaluated(subject, round: round, evaluation, seconds: spent))
    }

    // MARK: Orders

    /// Hands an event to the machine and carries out what it asks for: long work on this thread, but
    /// only when the other threads have been given theirs.
    private func report(_ event: RunEvent) {
        var events = [event]
        while !events.isEmpty {
            let event = events.removeFirst()
            let orders = state.withLock {
                $0.machine.handle(event, at: MonotonicClock.seconds())
            }
            var jobs: [() -> RunEvent] = []
            var tasks: [TrainingTask] = []
            for order in orders { carryOut(order, &tasks, &jobs) }
            if !tasks.isEmpty {
                // The queue takes the last first.
                let sorted = longestFirst(tasks).reversed()
                queue.push(contentsOf: sorted.map { .train($0) }, at: .back)
            }
            for job in jobs { events.append(job()) }
        }
    }

    /// Whoever trains on most images begins, of equal ones the lowest client, so that none is left with a
    /// long task when the others have finished.
    private func longestFirst(_ tasks: [TrainingTask]) -> [TrainingTask] {
        let sizes = tasks.map { configuration.imageCount(client: $0.client, round: $0.round) }
        return tasks.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }.map { tasks[$0] }
    }

    private func carryOut(
        _ order: RunOrder, _ tasks: inout [TrainingTask], _ jobs: inout [() -> RunEvent]
    ) {
        switch order {
        case .awaitClients(let round, _), .extended(let round, _):
            preconditionFailure("round \(round) waits for clients that are all here")
        case .abandoned, .wake: break
        case .opened(let round, let cohort): open(round, cohort)
        case .train(let task): tasks.append(task)
        case .fold(let work):
            // One fold at a time: on many cores one thread could not keep up with all that train.
            jobs.append { [self] in
                .folded(together(max(1, configuration.threads / 4)) { work.run(threads: $0) })
            }
        case .aggregate(let work):
            // Of the round nobody is left to train.
            jobs.append { [self] in
                .aggregated(together(configuration.threads) { work.run(threads: $0) })
            }
        case .evaluate(let subject, let round, let value, let before):
            evaluate(subject, round, value.model(after: before))
        case .commit(let round, let known):
            idleTime.withLock { $0.committing(waited: queue.waitedSeconds) }
            jobs.append { [self] in
                do {
                    try onRound(round, known)
                    return .committed(round: round.record.round)
                } catch {
                    return .notCommitted(round: round.record.round, error)
                }
            }
        case .settled(let client, let round, let settlement):
            guard case .rejected(let reason) = settlement else { return }
            // After the end of a run work in progress still reports; anything else is a mistake.
            precondition(
                state.withLock { $0.machine.engine.outcome != nil },
                "client \(client) in round \(round): \(reason)")
        case .end:
            tasks = []
            queue.removeAll()
        }
    }

    /// Work that makes so many threads for itself, while the queue's wait.
    private func together<Result>(_ threads: Int, _ work: (_ threads: Int) -> Result) -> Result {
        let (waited, start) = (queue.waitedSeconds, MonotonicClock.seconds())
        let result = work(threads)
        let seconds = MonotonicClock.seconds() - start
        let helped = min(queue.waitedSeconds - waited, seconds * Double(threads - 1))
        idleTime.withLock { $0.helpedSeconds += helped }
        return result
    }

    private func open(_ round: Int, _ cohort: [Int]) {
        progress.open(
            round: round, cohort: cohort.count,
            trainingImages: cohort.reduce(0) {
                $0 + configuration.imageCount(client: $1, round: round)
            },
            evaluationImages: configuration.evaluationImages(cohort: cohort.count))
    }

    private func evaluate(
        _ subject: EvaluationSubject, _ round: Int, _ model: ParameterVector
    ) {
        let pieces = EvaluationPieces(
            model, on: configuration.evaluationSet(for: subject, in: round),
            measures: subject == .global)
        // Training comes first, and evaluation fills what it leaves idle, unless so many models wait
        // that their memory counts.
        let isUrgent = state.withLock { state in
            state.waitingModels += 1
            return !state.machine.engine.hasPendingClients
                || state.waitingModels > 2 * configuration.threads + 4
        }
        queue.push(
            contentsOf: (0..<pieces.count).reversed().map {
                .evaluate(pieces, of: subject, round: round, piece: $0)
            },
            at: isUrgent ? .front : .back)
    }
}
