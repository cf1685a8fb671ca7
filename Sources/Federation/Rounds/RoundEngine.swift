/// Decides what happens when in a run: a state machine without clock, chance, disk or transport.
///
/// A driver hands in events one at a time and carries out the effects in their order, in one process
/// or for a server: both have the same engine. Rounds are numbered 1…R. A round closes when each
/// client of its cohort is done: its update folded in and, if asked for, its model evaluated, or
/// failed. What ends the run early (divergence, errors) is decided at that moment and not when it is
/// first heard of, so that records and outcome never depend on the order in which clients report:
/// of several, the client with the lowest id is named. Only `stopRequested` ends a run at once.
///
/// ```
/// idle ─begin→ open(1) ─all done→ closing(1) ─globalEvaluated→ open(2) … → finished
/// ```
///
/// Vectors never pass through here. An update is taken in two steps, so that a sum that refuses it
/// cannot leave the engine believing otherwise: `accept`, then `updateFolded` by the driver.
public struct RoundEngine: Sendable {
    /// What the run is to do.
    public let configuration: Configuration
    /// Where it stands.
    public private(set) var phase = Phase.idle
    /// The committed rounds, in order.
    public private(set) var records: [RoundRecord] = []

    private var participants: [Int: Participant] = [:]
    /// How many participants are not yet done.
    private var waiting = 0

    private struct Participant {
        var sampleCount: Int?
        var isFolded = false
        var evaluation: Evaluation?
        var failure: ClientFailure?

        func isDone(evaluated: Bool) -> Bool {
            failure != nil || (isFolded && (!evaluated || evaluation != nil))
        }
    }

    /// A run that waits for `begin`.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// The round whose updates are being taken; nil between rounds.
    public var openRound: Int? {
        if case .open(let round) = phase { round } else { nil }
    }

    /// The clients that the open round waits for, ascending.
    public var pendingClients: [Int] {
        guard openRound != nil else { return [] }
        return participants.filter { !isDone($0.value) }.map(\.key).sorted()
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
            return open(1)
        case .updateReceived(let client, let round, let sampleCount):
            return change(client, round) { participant in
                guard participant.sampleCount == nil else { return .failure(.duplicate) }
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
        case .clientFailed(let client, let round, let failure):
            return change(client, round) { participant in
                participant.failure = failure
                return .success([])
            }
        case .globalEvaluated(let round, let evaluation):
            guard phase == .closing(round: round) else { return [] }
            return commit(round, evaluation)
        case .stopRequested:
            if case .finished = phase { return [] }
            return finish(.interrupted)
        }
    }

    // MARK: Steps

    private func isDone(_ participant: Participant) -> Bool {
        participant.isDone(evaluated: configuration.evaluatesClients)
    }

    private mutating func open(_ round: Int) -> [Effect] {
        let cohort = configuration.clients
        phase = .open(round: round)
        participants = Dictionary(uniqueKeysWithValues: cohort.map { ($0, Participant()) })
        waiting = cohort.count
        return [.openRound(round: round, cohort: cohort)]
            + cohort.map { .train(client: $0, round: round) }
    }

    /// Changes what is known of a client in the open round, or rejects the event; closes the round
    /// if that client was the last.
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
        guard var participant = participants[client], !isDone(participant) else {
            return rejected(.duplicate)
        }
        switch body(&participant) {
        case .failure(let reason):
            return rejected(reason)
        case .success(let effects):
            participants[client] = participant
            guard isDone(participant) else { return effects }
            waiting -= 1
            return waiting == 0 ? effects + close(round) : effects
        }
    }

    private mutating func close(_ round: Int) -> [Effect] {
        let ascending = participants.sorted { $0.key < $1.key }
        for (client, participant) in ascending {
            if let evaluation = participant.evaluation, !evaluation.loss.isFinite {
                return finish(
                    .diverged(client: client, round: round, reason: lossReason(evaluation)))
            }
            guard let failure = participant.failure else { continue }
            switch failure.kind {
            case .absence: continue
            case .divergence:
                return finish(.diverged(client: client, round: round, reason: failure.reason))
            case .error:
                return finish(.failed(client: client, round: round, reason: failure.reason))
            }
        }
        // Without a single update there is no next model.
        if let (client, first) = ascending.first, ascending.allSatisfy({ !$0.value.isFolded }) {
            let reason = first.failure?.reason ?? "it sent no update"
            return finish(
                .failed(
                    client: client, round: round,
                    reason: "\(reason), and no other client sent an update"))
        }
        phase = .closing(round: round)
        return [.aggregate(round: round), .evaluateGlobal(round: round)]
    }

    private mutating func commit(_ round: Int, _ evaluation: Evaluation) -> [Effect] {
        guard evaluation.loss.isFinite else {
            return finish(.diverged(client: nil, round: round, reason: lossReason(evaluation)))
        }
        let clients = participants.sorted { $0.key < $1.key }.map { client, participant in
            RoundRecord.Client(
                client: client, sampleCount: participant.isFolded ? participant.sampleCount : nil,
                evaluation: participant.evaluation, failure: participant.failure)
        }
        let record = RoundRecord(round: round, clients: clients, global: evaluation)
        records.append(record)
        let next: [Effect]
        if let target = configuration.targetAccuracy, evaluation.accuracy >= target {
            next = finish(.reachedTarget(round: round))
        } else if round == configuration.rounds {
            next = finish(.completed)
        } else {
            next = open(round + 1)
        }
        return [.commit(record)] + next
    }

    private mutating func finish(_ outcome: Outcome) -> [Effect] {
        phase = .finished(outcome)
        participants = [:]
        waiting = 0
        return [.finish(outcome)]
    }

    private func lossReason(_ evaluation: Evaluation) -> String {
        "its loss is \(NonFiniteNumber(evaluation.loss)?.description ?? "\(evaluation.loss)")"
    }
}

extension RoundEngine.Configuration {
    /// Whether the run has a client of that id, by binary search.
    func contains(_ client: Int) -> Bool {
        var low = 0
        var high = clients.count
        while low < high {
            let middle = (low + high) / 2
            if clients[middle] < client { low = middle + 1 } else { high = middle }
        }
        return low < clients.count && clients[low] == client
    }
}
