/// Decides what happens when in a run: a state machine without clock, chance, disk or transport.
///
/// A driver hands in events one at a time and carries out the effects in their order, in one process
/// or for a server: both have the same engine. Rounds are numbered 1…R.
///
/// A round gives `places` to clients that are there. A place becomes free when its client vanishes
/// or fails, and goes to another one that is there, or to the next that joins. The round closes
/// - with `goal` updates, each folded in and, if asked for, its model evaluated;
/// - at the deadline with at least the minimum. With fewer, a round of clients that come and go stays
///   open: what has come counts, who is late may still report, and its place is offered to others. So
///   a served round is opened once, its number is its only name, and nothing that has been taken is
///   ever asked for again. A simulated round is abandoned and drawn anew;
/// - when nobody who is there has anything left to report: at once in a run whose clients do not
///   come and go, and in one without deadlines as soon as there is the minimum.
///
/// A client whose training diverges ends the run, or only loses its place where the run drops such
/// clients; with so many lost that the minimum is out of reach, the run gives up.
///
/// What ends the run early (divergence, errors) is decided when the round closes and not when it is
/// first heard of, so that records and outcome never depend on the order in which clients report:
/// of several, the client with the lowest id is named. Only `stopRequested` ends a run at once.
///
/// ```
/// idle ─begin→ (waiting(1) ─enough clients→) open(1) ─goal→ closing(1) ─globalEvaluated→ open(2) …
///                   ↑───── too few take part by chance ─┘                            → finished
/// ```
///
/// Vectors never pass through here. An update is taken in two steps, so that a sum that refuses it
/// cannot leave the engine believing otherwise: `accept`, then `updateFolded` or `updateRefused` by
/// the driver, which is `RunMachine`.
public struct RoundEngine: Sendable {
    /// What the run is to do.
    public let configuration: Configuration
    /// Where it stands.
    public internal(set) var phase = Phase.idle
    /// The committed rounds, in order.
    public internal(set) var records: [RoundRecord]
    /// How often the current round has been begun: 1, and one more each time it was abandoned.
    public private(set) var attempt = 1
    /// The clients that are there.
    public private(set) var roster: Roster

    /// All that have or had a place in the open round.
    var participants: [Int: Participant] = [:]
    var tally = Participant.Tally()
    var isPastDeadline = false
    /// Whether the open round has outlived a deadline.
    package internal(set) var isExtended = false
    /// Whether a round has been opened since `begin`.
    private var hasOpened = false

    /// A run that waits for `begin`, after the rounds that are committed already.
    /// - Precondition: the configuration has no `problem`; `records` are rounds 1, 2, 3 …, at most as
    ///   many as the run has.
    public init(_ configuration: Configuration, resuming records: [RoundRecord] = []) {
        if let problem = configuration.problem { preconditionFailure(problem.description) }
        precondition(
            records.map(\.round) == Array(1..<records.count + 1),
            "the committed rounds are \(records.map(\.round)), not 1, 2, 3 …")
        precondition(
            records.count <= configuration.rounds,
            "\(records.count) rounds are committed of a run of \(configuration.rounds)")
        self.configuration = configuration
        self.records = records
        roster = Roster(
            population: configuration.population, everyone: !configuration.waitsForClients)
    }

    /// The round whose updates are being taken; nil between rounds.
    public var openRound: Int? {
        if case .open(let round) = phase { round } else { nil }
    }

    /// The round that the run is in: the first that is not committed, or the last of all.
    public var currentRound: Int { min(records.count + 1, configuration.rounds) }

    /// The clients that the open round waits for, ascending.
    public var pendingClients: [Int] {
        guard openRound != nil else { return [] }
        return participants.filter { [.training, .reported].contains(stage($0.value)) }
            .map(\.key).sorted()
    }

    /// Places of the open round that are taken, by clients that train, report or have reported.
    package var takenPlaces: Int { openRound == nil ? 0 : tally.places }

    /// Whether the open round waits for any client.
    public var hasPendingClients: Bool { openRound != nil && tally.pending > 0 }

    /// Whether the open round waits for that client's update.
    public func isTraining(_ client: Int) -> Bool {
        guard openRound != nil, !isPastDeadline, let participant = participants[client] else {
            return false
        }
        return isTraining(participant)
    }

    /// Whether, as chance has it, that client of the open round trains and its update never arrives.
    public func dropsOutAfterTraining(_ client: Int) -> Bool {
        openRound != nil && participants[client]?.dropsOut ?? false
    }

    /// How the run ended; nil while it goes on.
    public var outcome: Outcome? {
        if case .finished(let outcome) = phase { outcome } else { nil }
    }

    /// Takes note of what happened and says what is to be done now.
    public mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .begin:
            guard phase == .idle else { return [] }
            if let last = records.last, let outcome = outcome(after: last) {
                return finish(outcome)
            }
            return prepare(records.count + 1, attempt: 1)
        case .clientJoined(let client):
            return join(client)
        case .clientLost(let client, let reason):
            return lose(client, reason)
        case .deadlinePassed(let round):
            return passDeadline(round)
        case .updateReceived(let client, let round, let sampleCount):
            let isFull = tally.updates >= configuration.goal
            let isLate = isPastDeadline
            return change(client, round) { participant in
                guard participant.sampleCount == nil else { return .failure(.duplicate) }
                guard !isLate else { return .failure(.deadlinePassed) }
                if participant.dropsOut {
                    participant.failure = ClientFailure(
                        .absence, reason: "it dropped out after training")
                    return .success([])
                }
                guard !isFull else { return .failure(.goalReached) }
                participant.sampleCount = sampleCount
                return .success([.accept(client: client, round: round)])
            }
        case .updateFolded(let client, let round):
            let evaluates = configuration.evaluatesClients
            return change(client, round) { participant in
                guard participant.sampleCount != nil else { return .failure(.notAccepted) }
                guard !participant.isFolded else { return .failure(.duplicate) }
                participant.isFolded = true
                return .success(
                    evaluates && participant.evaluation == nil
                        ? [.evaluateClient(client: client, round: round)] : [])
            }
        case .clientEvaluated(let client, let round, let evaluation):
            let evaluates = configuration.evaluatesClients
            return change(client, round) { participant in
                guard evaluates else { return .failure(.notAsked) }
                guard participant.evaluation == nil else { return .failure(.duplicate) }
                participant.evaluation = evaluation
                return .success([])
            }
        case .updateRefused(let client, let round, let failure):
            return change(client, round) { participant in
                guard participant.sampleCount != nil else { return .failure(.notAccepted) }
                guard !participant.isFolded else { return .failure(.duplicate) }
                participant.failure = failure
                return .success([])
            }
        case .clientFailed(let client, let round, let failure):
            return change(client, round) { participant in
                // While its update is being folded in, only the aggregate can still refuse it.
                guard participant.sampleCount == nil || participant.isFolded else {
                    return .failure(.duplicate)
                }
                participant.failure = failure
                return .success([])
            }
        case .aggregateFailed(let round, let failure):
            if records.last?.round == round, !configuration.evaluates(after: round) {
                // Without a test it counted as committed as soon as it was closed.
                records.removeLast()
            } else if phase != .closing(round: round) {
                return []
            }
            return fail(round, failure)
        case .globalEvaluated(let round, let evaluation):
            guard phase == .closing(round: round) else { return [] }
            return commit(round, evaluation)
        case .stopRequested:
            if case .finished = phase { return [] }
            return finish(.interrupted)
        }
    }

    // MARK: Opening

    /// The first round waits for all clients of the run, so that its cohort is drawn from the same
    /// ones each time; later rounds, and one that has waited long enough, for the minimum.
    package var neededClients: Int {
        hasOpened || isPastDeadline
            ? configuration.minimumClients : configuration.population
    }

    /// Opens a round, or waits for clients to open it with.
    mutating func prepare(_ round: Int, attempt: Int) -> [Effect] {
        self.attempt = attempt
        participants = [:]
        tally = Participant.Tally()
        isPastDeadline = false
        isExtended = false
        phase = .waiting(round: round)
        guard roster.count < neededClients else { return open(round) }
        return [.awaitClients(round: round, count: neededClients)]
    }

    private mutating func open(_ round: Int) -> [Effect] {
        phase = .open(round: round)
        hasOpened = true
        isPastDeadline = false
        drawCohort(round)
        let cohort = participants.keys.sorted()
        let training = cohort.filter { participants[$0].map(isTraining) ?? false }
        return [.openRound(round: round, cohort: cohort)]
            + training.map { .train(client: $0, round: round) }
            + (training.isEmpty ? settle(round) : [])
    }

    /// Gives the round's places to clients in their order. Where participation is simulated, those who
    /// come too late to be among the goal's are known beforehand: they are spared the work.
    private mutating func drawCohort(_ round: Int) {
        let isSimulated = !configuration.waitsForClients
        var taken = 0
        var remaining = configuration.places
        for client in order(round) where roster.contains(client) {
            guard remaining > 0, !isSimulated || taken < configuration.goal else { return }
            let fate = configuration.participation.fate(
                of: client, seed: configuration.seed, round: round, attempt: attempt)
            var participant = Participant()
            switch fate {
            case .unavailable: continue
            case .takesPart: taken += 1
            case .dropsOutAfter: participant.dropsOut = true
            case .dropsOutBefore:
                participant.failure = ClientFailure(
                    .absence, reason: "it dropped out before training")
            }
            remaining -= 1
            set(client, participant)
        }
    }

    private func order(_ round: Int) -> ClientOrder {
        ClientOrder(
            population: configuration.population, seed: configuration.seed, round: round,
            attempt: attempt)
    }

    /// Gives free places to clients that are there and have had none, or have come back. Only where
    /// clients come and go: one that drops out of a simulation leaves its place empty.
    mutating func refill(_ round: Int) -> [Effect] {
        let free = configuration.places - tally.places
        guard free > 0, configuration.waitsForClients else { return [] }
        let chosen = order(round)
            .lazy.filter { [roster, participants] in
                roster.contains($0) && participants[$0]?.isLost ?? true
            }
            .prefix(free).sorted()
        for client in chosen { set(client, Participant()) }
        return chosen.map { .train(client: $0, round: round) }
    }

    // MARK: Clients

    private mutating func join(_ client: Int) -> [Effect] {
        guard configuration.contains(client) else {
            return [.reject(client: client, round: currentRound, .unknownClient)]
        }
        guard roster.insert(client) else { return [] }
        switch phase {
        case .waiting(let round):
            return roster.count >= neededClients ? open(round) : []
        case .open(let round):
            return settle(round)
        case .idle, .closing, .finished:
            return []
        }
    }

    /// An update that has come stays; a client that has not reported loses its place.
    private mutating func lose(_ client: Int, _ reason: String) -> [Effect] {
        guard configuration.contains(client) else {
            return [.reject(client: client, round: currentRound, .unknownClient)]
        }
        guard roster.remove(client), let round = openRound,
            var participant = participants[client]
        else { return [] }
        switch stage(participant) {
        case .training, .late:
            participant.failure = ClientFailure(.absence, reason: reason)
            participant.isLost = true
        case .absent, .dropped:
            participant.isLost = true
        case .reported, .counted, .fatal:
            return []
        }
        set(client, participant)
        return settle(round)
    }

    private mutating func passDeadline(_ round: Int) -> [Effect] {
        switch phase {
        case .waiting(round):
            isPastDeadline = true
            return roster.count >= neededClients ? open(round) : []
        case .open(round):
            guard !isPastDeadline else { return [] }
            isPastDeadline = true
            return settle(round)
        default:
            return []
        }
    }

    /// Changes what is known of a client in the open round, or rejects the event.
    private mutating func change(
        _ client: Int, _ round: Int,
        _ body: (inout Participant) -> Result<[Effect], Rejection>
    ) -> [Effect] {
        func rejected(_ reason: Rejection) -> [Effect] {
            [.reject(client: client, round: round, reason)]
        }
        guard configuration.contains(client) else { return rejected(.unknownClient) }
        guard let open = openRound else { return rejected(.noRoundOpen) }
        guard round == open else { return rejected(.wrongRound(open: open)) }
        guard var participant = participants[client], !participant.isLost else {
            return rejected(.notChosen)
        }
        guard isPending(participant) else { return rejected(.duplicate) }
        switch body(&participant) {
        case .failure(let reason):
            return rejected(reason)
        case .success(let effects):
            set(client, participant)
            return effects + settle(round)
        }
    }

    mutating func set(_ client: Int, _ participant: Participant) {
        if let before = participants.updateValue(participant, forKey: client) {
            tally[stage(before)] -= 1
        }
        tally[stage(participant)] += 1
    }

    func stage(_ participant: Participant) -> Participant.Stage {
        participant.stage(
            evaluated: configuration.evaluatesClients, drops: configuration.dropsDiverging)
    }

    func isTraining(_ participant: Participant) -> Bool {
        [.training, .late].contains(stage(participant))
    }

    private func isPending(_ participant: Participant) -> Bool {
        [.training, .late, .reported].contains(stage(participant))
    }
}
