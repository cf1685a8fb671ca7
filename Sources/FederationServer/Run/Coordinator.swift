import Federation
import FederationWire
import Platform

/// The executor whose clients are elsewhere: holds a run's machine, hands it what requests bring, and
/// carries out what it orders.
///
/// Nothing here takes long: models are folded, tested, read and written elsewhere, and after each
/// wait for that the run and the round are looked at again, because both may be over.
package actor Coordinator {
    let limits: ServerLimits
    let timing: ServerTiming
    /// The clock of everything that is waited for.
    nonisolated let time: any TimeSource
    nonisolated let workers: Workers
    let counters: Counters
    let feed: StateFeed
    private(set) var presentation: Presentation
    /// Says what happens to whoever runs the server.
    let report: @Sendable (ServerEvent) -> Void

    package internal(set) var run: ActiveRun
    /// Set when something that was to be permanent could not be made so: the server must not go on.
    package private(set) var failure: (any Error)?
    private var isDraining = false
    var pollNumber = 0
    /// Whether a run is made that is to take the place of this one, and who waits for that.
    var isMakingRun = false
    var runWaiters: [CheckedContinuation<Void, Never>] = []

    private var idleWaiters: [CheckedContinuation<Void, Never>] = []
    /// Runs that have ended and of which that is being noted.
    var ending = 0
    /// When clients that have vanished were last looked for.
    var lastUpkeepSeconds: Double?
    var deadline: Task<Void, Never>?
    /// Counts the deadlines, so that only the last one started can pass.
    var timers = 0
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
        _ served: ServedRun, limits: ServerLimits, timing: ServerTiming,
        time: any TimeSource = SystemTime(), workers: Workers? = nil, counters: Counters,
        feed: StateFeed, presentation: Presentation,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) {
        self.limits = limits
        self.timing = timing
        self.time = time
        self.counters = counters
        self.feed = feed
        self.presentation = presentation
        self.report = report
        let workers = workers ?? Workers()
        self.workers = workers
        run = ActiveRun(served, number: 1, workers: workers)
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
        let rules = run.rules
        if rules.places == rules.population {
            for client in 0..<rules.population { inform(.joined(client: client)) }
        } else {
            for update in run.served.keptUpdates { inform(.joined(client: update.client)) }
        }
        inform(.begin)
        // The first run is announced by whoever runs the server, when it has said where that is.
        if run.number > 1, let waiting { report(.waiting(waiting)) }
    }

    /// Tells the run's machine what has happened, and carries out what it orders.
    /// - Returns: why it does not take what a client has brought.
    func handle(_ event: RunEvent) -> RoundEngine.Rejection? {
        // What is on the disk is not what was to be there: nothing counts any more.
        guard failure == nil else { return .noRoundOpen }
        var rejection: RoundEngine.Rejection?
        for order in run.machine.handle(event, at: time.seconds()) {
            if case .settled(_, _, .rejected(let reason)) = order {
                rejection = reason
            } else {
                carryOut(order)
            }
        }
        feed.markChanged()
        wakeIdleWaiters()
        return rejection
    }

    /// Tells the run's machine what it has no reason not to take, unless the run is over.
    func inform(_ event: RunEvent) {
        guard let rejection = handle(event), failure == nil, run.machine.engine.outcome == nil
        else { return }
        notice("a fault of this program: the run did not take \(event): \(rejection)")
    }

    /// The same for what was begun for a run which another may have taken the place of.
    func inform(_ event: RunEvent, ofRun number: Int) {
        if run.number == number { inform(event) }
    }

    /// Gives up this run and begins another.
    func replace(with served: ServedRun) {
        stopDeadline()
        var old = run
        run = ActiveRun(served, number: old.number + 1, workers: workers)
        old.forgetUpdates()
        for member in old.members.values.sorted(by: { $0.client < $1.client }) {
            member.poll?.answer.resume(returning: .failure(unknownRun()))
        }
        begin()
    }

    // MARK: Ends

    static let stopping = APIError(.stopping, "the server is stopping: try again in a moment")

    /// Makes sure that the server is to go on.
    func checkGoesOn() throws(APIError) {
        if isStopping { throw Self.stopping }
    }

    /// Whether the server is not to go on.
    var isStopping: Bool { isDraining || failure != nil }

    /// Ends the server: what it has acknowledged, or was about to, is not on the disk.
    func fail(_ error: any Error) {
        guard failure == nil else { return }
        failure = error
        stopDeadline()
        run.forgetUpdates()
        report(.failed("\(error)"))
        wakeIdleWaiters()
    }

    /// Whether every client that is there, or that fell silent less than `silence` seconds ago and may
    /// only be slow, has been told that the run is over.
    func everyoneKnows(silence: Double) -> Bool {
        let now = time.seconds()
        return run.members.values.allSatisfy { member in
            member.knowsEnd || !member.isRegistered
                || member.isLost && now - member.lastSeenSeconds > silence
        }
    }

    /// Whether something is under way that a stopping server should let finish.
    private var isBusy: Bool {
        if ending > 0 { return true }
        if failure != nil || run.outcome != nil { return false }
        if case .closing = run.machine.engine.phase { return true }
        return run.machine.isBusy
    }

    private func wakeIdleWaiters() {
        guard !idleWaiters.isEmpty, !isBusy else { return }
        for waiter in idleWaiters { waiter.resume() }
        idleWaiters = []
    }

    private func idle() async {
        while isBusy { await withCheckedContinuation { idleWaiters.append($0) } }
    }

    /// One run less is being ended.
    func ended(_ outcome: Outcome) {
        ending -= 1
        report(.finished(outcome))
        wakeIdleWaiters()
    }

    /// Waits until nothing is under way but what clients do: for tests.
    package func quiet() async {
        await evaluations?.value
        await idle()
    }

    /// Answers all who wait, and waits for a round that is closing to be committed.
    package func drain() async {
        isDraining = true
        for client in run.members.keys.sorted() {
            answerPoll(of: client, .failure(Self.stopping))
        }
        feed.close()
        await idle()
        stopDeadline()
    }

    // MARK: Notes

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
