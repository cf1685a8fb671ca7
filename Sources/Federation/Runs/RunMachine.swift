import Foundation
import Parameters

/// A run, from the first round to the last: what is trained, folded, made the next model, tested and
/// made permanent when, and what is known after it.
///
/// A state machine without clock, chance, disk, threads or transport around the round engine, which
/// decides when rounds open and close. It owns everything between two commits, so that no executor has
/// a part of it to itself: an executor hands in what happened, one event at a time, and carries out the
/// orders that come of it. Work on models is in the orders, and is done wherever there are threads; the
/// machine only moves them.
///
/// ```
/// train → trained → fold → folded ⟲ → aggregate → aggregated → evaluate → evaluated → commit → committed
/// ```
///
/// The same events of a round in any order give the same records, models and bits: see `RoundEngine`.
public struct RunMachine: Sendable {
    /// An open round's fold.
    struct OpenFold {
        var round: Int
        var fold: RoundFold
    }

    /// What it was made of.
    public let plan: RunPlan
    /// What is known after the last committed round.
    public internal(set) var state: FederationState
    /// The committed rounds.
    public internal(set) var committed: [CommittedRound]
    /// Decides what happens when.
    public internal(set) var engine: RoundEngine
    /// How the run came out; nil while it goes on.
    public internal(set) var result: RunResult?

    /// What the next round begins with: `state`, or what is being made permanent.
    var latest: FederationState
    /// What comes of the round that is closing.
    var candidate: (state: FederationState, metrics: [String: Double])?
    /// What the test of that measured.
    var measured: Evaluation?
    /// The open round's, and which that is.
    var fold: OpenFold?
    var updates: [Int: TrainedUpdate] = [:]
    /// Those that the next order to fold takes along.
    var waiting: [Contribution] = []
    var isFolding = false
    /// What came with updates that are in the fold.
    var clientStates: [Int: [String: ParameterVector]] = [:]
    var classCounts: [Int: [Int]] = [:]
    var changes: [Int: ChangeMeasure] = [:]

    /// What the engine has asked for and must wait.
    var effects = Fifo<RoundEngine.Effect>()
    var isAggregating = false
    /// A round that is being made permanent, and what is known after it.
    var committing: (round: CommittedRound, state: FederationState)?
    var commitError: (any Error)?
    var hasFailed = false

    var orders: [RunOrder] = []
    var now = 0.0
    var roundStart = 0.0
    var timedRound = 0
    var trainingSeconds = 0.0
    var evaluationSeconds = 0.0
    var drops: [ClientDrop] = []

    /// A run that waits for `begin`, after the rounds that are committed already.
    /// - Parameters:
    ///   - state: what is known after them, or what the run begins with.
    ///   - rounds: rounds 1, 2, 3 …, at most as many as the run has.
    /// - Precondition: the rules and the strategy have no `problem`.
    public init(_ plan: RunPlan, state: FederationState, resuming rounds: [CommittedRound] = []) {
        if let problem = plan.strategy.problem { preconditionFailure(problem) }
        self.plan = plan
        self.state = state
        latest = state
        committed = rounds
        engine = RoundEngine(plan.rules, resuming: rounds.map(\.record))
    }

    // MARK: What others may ask

    /// The round whose updates are taken; nil between rounds, and before its fold is there.
    public var openRound: Int? {
        let open = engine.openRound
        return fold?.round == open ? open : nil
    }

    /// What an update would be folded into: for those who check it before it counts.
    public var openFold: RoundFold? {
        openRound == nil ? nil : fold?.fold
    }

    /// What the open round began with.
    public var openState: FederationState { latest }

    /// Whether a round is closing or being made permanent.
    public var isBusy: Bool { isAggregating || committing != nil || isFolding || !effects.isEmpty }

    /// The round's time is to be counted from now: what went before was waiting.
    public mutating func restartClock(at seconds: Double) { roundStart = seconds }

    // MARK: Events

    /// Takes note of what happened, at a time in seconds on any clock, and says what is to be done now.
    public mutating func handle(_ event: RunEvent, at seconds: Double) -> [RunOrder] {
        now = seconds
        switch event {
        case .begin: feed(.begin)
        case .stop: feed(.stopRequested)
        case .joined(let client): feed(.clientJoined(client: client))
        case .deadline(let round): feed(.deadlinePassed(round: round))
        case .lost(let client, let reason, let date):
            note(client, engine.currentRound, reason, date)
            feed(.clientLost(client: client, reason: reason))
        case .failed(let client, let round, let failure, let date):
            let isTaken = feed(.clientFailed(client: client, round: round, failure: failure))
            if isTaken, let date { note(client, round, failure.reason, date) }
        case .trained(let update): take(update)
        case .summed(let sum, let reports, let round): take(sum, reports, round)
        case .folded(let outcome): take(outcome)
        case .aggregated(let outcome): take(outcome)
        case .evaluated(let subject, let round, let evaluation, let spent):
            evaluationSeconds += spent
            switch subject {
            case .client(let client):
                feed(.clientEvaluated(client: client, round: round, evaluation.short))
            case .global:
                if candidate != nil { measured = evaluation }
                feed(.globalEvaluated(round: round, evaluation.short))
            }
        case .committed(let round): confirm(round)
        case .notCommitted(_, let error): giveUp(error)
        }
        proceed()
        defer { orders = [] }
        return orders
    }

    private mutating func note(_ client: Int, _ round: Int, _ reason: String, _ date: Date) {
        drops.append(ClientDrop(at: date, client: client, round: round, reason: reason))
    }

    /// Tells the engine. What it refuses is settled at once; the rest waits for its turn.
    /// - Returns: whether it has taken the event.
    @discardableResult
    mutating func feed(_ event: RoundEngine.Event) -> Bool {
        var isTaken = true
        for effect in engine.handle(event) {
            if case .reject(let client, let round, let reason) = effect {
                orders.append(.settled(client: client, round: round, .rejected(reason)))
                isTaken = false
            } else {
                effects.append(effect)
            }
        }
        return isTaken
    }

    /// Sees to effects in their order, as far as nothing is under way that they must wait for.
    private mutating func proceed() {
        while !isAggregating, !mustWait, !effects.isEmpty { carryOut(effects.removeFirst()) }
    }

    /// Whether the next effect waits for a commit.
    private var mustWait: Bool {
        guard committing != nil, let next = effects.first else { return false }
        guard plan.opensBeforeCommit else { return true }
        switch next {
        case .commit, .finish: return true
        default: return false
        }
    }

    private mutating func carryOut(_ effect: RoundEngine.Effect) {
        switch effect {
        case .awaitClients(let round, let count):
            orders.append(.awaitClients(round: round, count: count))
            wake(round)
        case .openRound(let round, let cohort):
            open(round)
            orders.append(.opened(round: round, cohort: cohort))
            wake(round)
        case .extendRound(let round, let updates):
            orders.append(.extended(round: round, updates: updates))
            wake(round)
        case .abandon(let round):
            fold = nil
            orders.append(.abandoned(round: round))
        case .train(let client, let round):
            orders.append(
                .train(
                    TrainingTask(
                        client: client, round: round, state: latest,
                        dropsOut: engine.dropsOutAfterTraining(client))))
        case .accept(let client, let round): accept(client, round)
        case .reject: break
        case .evaluateClient(let client, let round):
            guard let model = updates.removeValue(forKey: client)?.model else { return }
            orders.append(
                .evaluate(.client(client), round: round, model, after: latest.model))
        case .aggregate(let round): aggregate(round)
        case .evaluateGlobal(let round):
            guard let candidate, !hasFailed else { return }
            orders.append(
                .evaluate(
                    .global, round: round, .model(candidate.state.model), after: latest.model))
        case .commit(let record): commit(record)
        case .finish(let outcome): end(outcome)
        }
    }

    private mutating func wake(_ round: Int) {
        guard let seconds = plan.rules.roundDeadlineSeconds else { return }
        orders.append(.wake(round: round, afterSeconds: seconds))
    }

    private mutating func open(_ round: Int) {
        fold = OpenFold(round: round, fold: RoundFold(plan.strategy, layout: plan.layout))
        if round != timedRound { roundStart = now }
        timedRound = round
        updates = [:]
        waiting = []
        clientStates = [:]
        classCounts = [:]
        changes = [:]
        measured = nil
    }

    // MARK: Updates

    private mutating func take(_ update: TrainedUpdate) {
        let contribution = update.contribution
        let (client, round) = (contribution.client, contribution.round)
        guard engine.outcome != nil || openRound == round || engine.openRound != round else {
            // The engine has opened a round that nobody has been told of yet.
            orders.append(.settled(client: client, round: round, .rejected(.noRoundOpen)))
            return
        }
        var isAccepted = false
        for effect in engine.handle(
            .updateReceived(
                client: client, round: round, sampleCount: contribution.sampleCount))
        {
            switch effect {
            case .accept:
                isAccepted = true
                updates[client] = update
                classCounts[client] = update.classCounts
                changes[client] = contribution.change
                effects.append(effect)
            case .reject(_, _, let reason):
                orders.append(.settled(client: client, round: round, .rejected(reason)))
                return
            default: effects.append(effect)
            }
        }
        trainingSeconds += update.seconds ?? 0
        if !isAccepted { orders.append(.settled(client: client, round: round, .lost)) }
    }

    private mutating func accept(_ client: Int, _ round: Int) {
        guard let update = updates[client] else {
            preconditionFailure("client \(client)'s update was accepted but never came")
        }
        waiting.append(update.contribution)
        if !plan.rules.evaluatesClients { updates[client] = nil }
        foldNext()
    }

    /// All that have come while a fold went on are folded together after it: the sum's words are then
    /// read and written once for several.
    private mutating func foldNext() {
        guard !isFolding, !waiting.isEmpty, let fold else { return }
        isFolding = true
        orders.append(
            .fold(FoldWork(fold: fold.fold, contributions: waiting, round: fold.round)))
        for contribution in waiting where !contribution.clientState.isEmpty {
            clientStates[contribution.client] = contribution.clientState
        }
        waiting = []
    }

    private mutating func take(_ outcome: FoldOutcome) {
        isFolding = false
        // Of a run that is over, or a round that was given up, nothing is left to be said.
        guard engine.outcome == nil, outcome.round == fold?.round else { return }
        for client in outcome.folded {
            orders.append(.settled(client: client, round: outcome.round, .folded))
            feed(.updateFolded(client: client, round: outcome.round))
        }
        for (client, error) in outcome.refused { refuse(client, outcome.round, error) }
        foldNext()
    }

    private mutating func refuse(_ client: Int, _ round: Int, _ error: AggregationError) {
        updates[client] = nil
        clientStates[client] = nil
        classCounts[client] = nil
        changes[client] = nil
        orders.append(.settled(client: client, round: round, .refused(error)))
        let failure = ClientFailure(.divergence, reason: "\(error)")
        feed(.updateRefused(client: client, round: round, failure: failure))
    }

    /// A sum that was made elsewhere takes the fold's place.
    private mutating func take(_ sum: any Fold, _ reports: [ClientReport], _ round: Int) {
        guard engine.outcome == nil, openRound == round else { return }
        fold = OpenFold(round: round, fold: RoundFold(sum))
        for report in reports.sorted(by: { $0.client < $1.client }) {
            trainingSeconds += report.seconds
            evaluationSeconds += report.evaluationSeconds
            let client = report.client
            if let failure = report.failure, !report.isRefused {
                feed(.clientFailed(client: client, round: round, failure: failure))
                continue
            }
            classCounts[client] = report.classCounts
            changes[client] = report.change
            for effect in engine.handle(
                .updateReceived(client: client, round: round, sampleCount: report.sampleCount))
            {
                switch effect {
                case .accept:
                    if let failure = report.failure {
                        feed(.updateRefused(client: client, round: round, failure: failure))
                    } else {
                        if !report.clientState.isEmpty {
                            clientStates[client] = report.clientState
                        }
                        feed(.updateFolded(client: client, round: round))
                    }
                default: effects.append(effect)
                }
            }
            if let evaluation = report.evaluation {
                feed(.clientEvaluated(client: client, round: round, evaluation.short))
            }
        }
    }
}
