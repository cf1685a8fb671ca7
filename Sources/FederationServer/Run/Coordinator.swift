import Federation
import FederationWire
import Foundation
import Tensors

/// The one place where a served run is decided: holds the round engine and drives it by what
/// requests bring.
///
/// Nothing here takes long: models are folded, tested, read and written elsewhere, and after each
/// wait for that the run and the round are looked at again, because both may be over.
package actor Coordinator {
    let limits: ServerLimits
    let timing: ServerTiming
    let workers: Workers
    let counters: Counters
    let feed: StateFeed
    private(set) var presentation: Presentation
    /// Says what happens to whoever runs the server.
    let report: @Sendable (ServerEvent) -> Void

    package internal(set) var run: ActiveRun
    /// Set when a round could not be made permanent: the server must not go on.
    private(set) var failure: (any Error)?
    var isDraining = false
    var pollNumber = 0
    /// Whether a run is made that is to take the place of this one, and who waits for that.
    var isMakingRun = false
    var runWaiters: [CheckedContinuation<Void, Never>] = []

    private var effects: [RoundEngine.Effect] = []
    private var isPumping = false
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []
    /// When clients that have vanished were last looked for.
    var lastUpkeepSeconds: Double?
    var deadline: Task<Void, Never>?
    /// Counts the deadlines, so that only the last one started can pass.
    var timers = 0
    var timedRound: Int?
    /// The last of the evaluations, which are made one after the other.
    var evaluations: Task<Void, Never>?

    /// What the page says of the server itself.
    package struct Presentation: Sendable {
        var version: String
        var address: String
        var isInsecure: Bool

        package init(version: String, address: String, isInsecure: Bool) {
            self.version = version
            self.address = address
            self.isInsecure = isInsecure
        }
    }

    package init(
        _ served: ServedRun, limits: ServerLimits, timing: ServerTiming, counters: Counters,
        feed: StateFeed, presentation: Presentation,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) {
        self.limits = limits
        self.timing = timing
        self.counters = counters
        self.feed = feed
        self.presentation = presentation
        self.report = report
        workers = Workers()
        run = Self.activate(served, number: 1, workers: workers)
    }

    static func activate(_ served: ServedRun, number: Int, workers: Workers) -> ActiveRun {
        let publication = ModelPublication(
            round: served.records.count, parameters: served.state.model, settings: served.settings,
            layout: served.layout, workers: workers)
        var run = ActiveRun(
            number: number, served: served,
            engine: RoundEngine(served.rules, resuming: served.records), publication: publication,
            state: served.state, spareSum: served.makeSum(workers),
            hasReports: !served.records.isEmpty || !served.keptUpdates.isEmpty)
        for (index, record) in served.records.enumerated() {
            let seconds =
                index < served.recordSeconds.count ? served.recordSeconds[index] : nil
            run.history.append(ActiveRun.History(record, seconds: seconds))
        }
        return run
    }

    /// The page's address is known once the server listens.
    func setAddress(_ address: String) { presentation.address = address }

    // MARK: Events

    /// Begins the run, or the one that has taken its place.
    ///
    /// Where every client is in every round there is nothing to draw, and so no reason to wait for
    /// anyone: the round is open to each as it comes. A client of the plain API, which is not heard
    /// of before it has trained, could not take part otherwise.
    package func begin() {
        if run.served.rules.places == run.served.rules.population {
            for client in 0..<run.served.rules.population { inform(.clientJoined(client: client)) }
        } else {
            for update in run.served.keptUpdates { inform(.clientJoined(client: update.client)) }
        }
        inform(.begin)
    }

    /// Tells the engine what has happened and sees to what it asks for.
    /// - Returns: why the engine does not take it.
    func handle(_ event: RoundEngine.Event) -> RoundEngine.Rejection? {
        var rejection: RoundEngine.Rejection?
        var asked: [RoundEngine.Effect] = []
        for effect in run.engine.handle(event) {
            if case .reject(_, _, let reason) = effect {
                rejection = reason
            } else {
                asked.append(effect)
            }
        }
        seeTo(asked)
        return rejection
    }

    /// Tells the engine what it has no reason not to take, unless the run is over.
    func inform(_ event: RoundEngine.Event) {
        guard let rejection = handle(event), run.engine.outcome == nil else { return }
        notice("a fault of this program: the round engine did not take \(event): \(rejection)")
    }

    /// Asks the engine to count an update.
    /// - Throws: why it does not.
    func accept(
        _ client: Int, round: Int, sampleCount: Int
    ) throws(RoundEngine.Rejection) -> RoundEngine.Acceptance {
        var asked: [RoundEngine.Effect] = []
        let acceptance = try run.engine.accept(
            client: client, round: round, sampleCount: sampleCount, effects: &asked)
        seeTo(asked)
        return acceptance
    }

    private func seeTo(_ asked: [RoundEngine.Effect]) {
        effects += asked
        if !effects.isEmpty, !isPumping {
            isPumping = true
            Task { await pump() }
        }
        feed.markChanged()
    }

    /// Forgets what the run before asked for, and begins another.
    func replace(with served: ServedRun) {
        stopDeadline()
        effects = []
        let polls = run.members.values.compactMap(\.poll)
        run = Self.activate(served, number: run.number + 1, workers: workers)
        for poll in polls { poll.answer.resume(returning: .failure(unknownRun())) }
        begin()
    }

    // MARK: Effects

    /// Sees to effects one after the other, in their order.
    private func pump() async {
        while !effects.isEmpty, failure == nil {
            await carryOut(effects.removeFirst())
            feed.markChanged()
        }
        isPumping = false
        for waiter in idleWaiters { waiter.resume() }
        idleWaiters = []
    }

    private func carryOut(_ effect: RoundEngine.Effect) async {
        switch effect {
        case .awaitClients(let round, let count):
            note("round \(round) waits for \(count) clients")
            startDeadline(round)
        case .openRound(let round, let cohort):
            await open(round, cohort)
        case .extendRound(let round, let updates):
            notice(
                "round \(round) had \(updates) of at least \(run.served.rules.minimumClients) "
                    + "updates at its deadline: it stays open")
            startDeadline(round)
        case .abandon(let round):
            preconditionFailure("round \(round) of a served run was abandoned")
        case .train(let client, let round):
            offer(round, to: client)
        case .accept, .reject:
            // The request that brought the update folds it in.
            break
        case .evaluateClient(let client, let round):
            evaluateClient(client, round)
        case .aggregate(let round):
            await aggregate(round)
        case .evaluateGlobal(let round):
            evaluateGlobal(round)
        case .commit(let record):
            await commit(record)
        case .finish(let outcome):
            await finish(outcome)
        }
    }

    private func open(_ round: Int, _ cohort: [Int]) async {
        let number = run.number
        let sum: RoundSum
        if let spare = run.spareSum {
            sum = spare
        } else {
            let served = run.served
            sum = await workers.fold { [workers] in served.makeSum(workers) }
            guard run.number == number else { return }
        }
        run.spareSum = nil
        run.sum = (round, sum)
        run.openedAt = Date()
        run.openedSeconds = MonotonicClock.seconds()
        note("round \(round) is open for \(cohort.count) clients")
        startDeadline(round)
        let kept = run.served.keptUpdates.filter { $0.round == round }
        if !kept.isEmpty { Task { await takeUp(kept, number: number) } }
    }

    private func offer(_ round: Int, to client: Int) {
        member(client) { member in
            member.task = round
            member.imagesPerSecond = nil
        }
        answerPoll(of: client, .success(task(for: client)))
    }

    private func aggregate(_ round: Int) async {
        stopDeadline()
        guard let sum = run.sum?.aggregate else {
            preconditionFailure("round \(round) closes without an aggregate")
        }
        let (number, state) = (run.number, run.state)
        let population = run.served.rules.population
        let result = await workers.fold {
            Result { () throws(AggregationError) in
                try sum.next(after: state, population: population)
            }
        }
        guard run.number == number else { return }
        switch result {
        case .success(let candidate): run.candidate = candidate
        case .failure(let error):
            let failure = ClientFailure(.divergence, reason: "\(error)")
            return inform(.aggregateFailed(round: round, failure: failure))
        }
        // The next round's sum is made while this round's model is tested.
        let served = run.served
        Task {
            let spare = await workers.fold { [workers] in served.makeSum(workers) }
            if run.number == number, run.outcome == nil { run.spareSum = spare }
        }
    }

    private func commit(_ record: RoundRecord) async {
        guard let candidate = run.candidate else { return }
        let number = run.number
        let seconds = MonotonicClock.seconds() - run.openedSeconds
        do {
            try await run.served.commit(record, candidate, seconds)
        } catch {
            guard run.number == number else { return }
            // What is acknowledged must be permanent, so nothing may be acknowledged any more.
            fail(error)
            return
        }
        guard run.number == number else { return }
        run.publication = ModelPublication(
            round: record.round, parameters: candidate.model, settings: run.settings,
            layout: run.served.layout, workers: workers)
        run.state = candidate
        run.candidate = nil
        run.history.append(ActiveRun.History(record, seconds: seconds, closedAt: Date()))
        note("round \(record.round) is committed")
        report(.committed(record, seconds: seconds))
    }

    private func finish(_ outcome: Outcome) async {
        stopDeadline()
        run.sum = nil
        run.outcome = outcome
        run.spareSum = nil
        note("the run is over: \(outcome)")
        for client in run.members.keys {
            member(client) { $0.task = nil }
            answerPoll(of: client, .success(task(for: client)))
        }
        let served = run.served
        await served.finish(outcome, run.publication.parameters)
        report(.finished(outcome))
    }

    /// Ends the server: what it has acknowledged, or was about to, is not on the disk.
    func fail(_ error: any Error) {
        guard failure == nil else { return }
        failure = error
        effects = []
        run.sum = nil
        report(.failed("\(error)"))
    }

    // MARK: Ends

    /// Whether every client that is there, or that fell silent less than `silence` seconds ago and may
    /// only be slow, has been told that the run is over.
    func everyoneKnows(silence: Double) -> Bool {
        let now = MonotonicClock.seconds()
        return run.members.values.allSatisfy { member in
            member.knowsEnd || !member.isRegistered
                || member.isLost && now - member.lastSeenSeconds > silence
        }
    }

    /// Whether something is under way that a stopping server should let finish.
    private var isBusy: Bool {
        if failure != nil || run.outcome != nil { return isPumping }
        if case .closing = run.engine.phase { return true }
        return isPumping
    }

    /// Waits until nothing is under way that the engine has asked for, but for what clients do: for
    /// tests.
    package func quiet() async {
        await evaluations?.value
        while isBusy {
            await withCheckedContinuation { idleWaiters.append($0) }
        }
    }

    /// Answers all who wait, and waits for a round that is closing to be committed.
    func drain() async {
        isDraining = true
        for client in run.members.keys {
            answerPoll(of: client, .failure(Self.stopping))
        }
        feed.close()
        while isBusy {
            await withCheckedContinuation { idleWaiters.append($0) }
        }
        stopDeadline()
    }

    static let stopping = APIError(.stopping, "the server is stopping: try again in a moment")

    /// Changes what is known of a client. The change must not look at `run`, a part of which it is
    /// changing.
    func member<Value>(_ client: Int, _ change: (inout Member) -> Value) -> Value {
        change(&run.members[client, default: Member(client: client)])
    }

    /// Tells the page, and whoever keeps a full log.
    func note(_ text: String) {
        run.note(text)
        report(.note(text))
        feed.markChanged()
    }

    /// Tells the page, and the operator as well.
    func notice(_ text: String) {
        run.note(text)
        report(.notice(text))
        feed.markChanged()
    }
}

/// What a server says to whoever runs it.
public enum ServerEvent: Sendable {
    /// Something that happens all the time.
    case note(String)
    /// Something that an operator wants to know.
    case notice(String)
    /// A round has been made permanent.
    case committed(RoundRecord, seconds: Double)
    /// The run has ended.
    case finished(Outcome)
    /// A round could not be made permanent.
    case failed(String)
}
