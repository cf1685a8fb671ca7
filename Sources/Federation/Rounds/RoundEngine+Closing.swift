/// How rounds and runs end.
extension RoundEngine {
    /// How often a round is drawn in which too few simulated clients take part.
    private static let attemptLimit = 100

    /// Closes, abandons or refills the open round, as the rules have it now.
    mutating func settle(_ round: Int) -> [Effect] {
        let hasMinimum = tally[.counted] >= configuration.minimumClients
        let isOver = tally[.fatal] > 0
        if isPastDeadline {
            guard tally[.reported] == 0 else { return [] }
            if hasMinimum || isOver || isHopeless { return close(round) }
            return configuration.waitsForClients ? extend(round) : abandon(round)
        }
        // A simulated round waits for all who train in it: its record must not depend on who is first.
        if !configuration.waitsForClients { return tally.pending == 0 ? close(round) : [] }
        // Of a round that has outlived its deadline, the minimum is all that is still waited for.
        if tally.updates >= configuration.goal || isHopeless || isExtended && hasMinimum {
            return tally[.reported] == 0 ? close(round) : []
        }
        let refilled = refill(round)
        guard tally.pending == 0 else { return refilled }
        // Nobody who is there has anything left to report.
        if isOver { return close(round) }
        return hasMinimum && configuration.roundDeadlineSeconds == nil ? close(round) : []
    }

    /// Whether so many clients have dropped out of the round that it cannot have its minimum.
    private var isHopeless: Bool {
        configuration.waitsForClients
            && configuration.population - tally[.dropped] < configuration.minimumClients
    }

    /// Leaves the round open beyond its deadline, and offers the places of those who are late to others.
    private mutating func extend(_ round: Int) -> [Effect] {
        isPastDeadline = false
        isExtended = true
        for (client, var participant) in participants {
            if isTraining(participant) {
                participant.isLate = true
            } else if stage(participant) == .absent {
                // Whoever is there may be asked again.
                participant.isLost = true
            }
            set(client, participant)
        }
        return [.extendRound(round: round, updates: tally[.counted])] + refill(round)
    }

    private mutating func abandon(_ round: Int) -> [Effect] {
        [.abandon(round: round)] + prepare(round, attempt: attempt + 1)
    }

    private mutating func close(_ round: Int) -> [Effect] {
        for (client, var participant) in participants where isTraining(participant) {
            if isPastDeadline || participant.isLate {
                participant.failure = ClientFailure(
                    .absence, reason: "it had not reported when the deadline passed")
                set(client, participant)
            } else {
                // Whoever was asked in excess, and is still at it, has neither reported nor failed.
                participants[client] = nil
            }
        }
        let ascending = participants.sorted { $0.key < $1.key }
        for (client, participant) in ascending {
            if let evaluation = participant.evaluation, participant.isFolded,
                !evaluation.loss.isFinite
            {
                return finish(
                    .diverged(client: client, round: round, reason: lossReason(evaluation)))
            }
            guard let failure = participant.failure else { continue }
            switch failure.kind {
            case .absence: continue
            case .divergence:
                if configuration.dropsDiverging { continue }
                return finish(.diverged(client: client, round: round, reason: failure.reason))
            case .error:
                return finish(.failed(client: client, round: round, reason: failure.reason))
            }
        }
        // In a run whose clients do not come and go, nothing more can come; by chance, the next time
        // more will.
        if tally[.counted] < configuration.minimumClients, !configuration.participation.isCertain {
            guard attempt < Self.attemptLimit else {
                return finish(
                    .failed(
                        client: nil, round: round,
                        reason: "\(attempt) times fewer than "
                            + "\(configuration.minimumClients) clients took part"))
            }
            return abandon(round)
        }
        if tally[.counted] < configuration.minimumClients,
            let (client, first) = ascending.first(where: { stage($0.value) == .dropped })
                ?? ascending.first(where: { !$0.value.isFolded })
        {
            let others =
                tally[.counted] == 0
                ? "no other client sent an update"
                : "\(tally[.counted]) of at least \(configuration.minimumClients) updates came"
            return finish(
                .failed(
                    client: client, round: round,
                    reason: "\(first.failure?.reason ?? "it sent no update"), and \(others)"))
        }
        phase = .closing(round: round)
        return [.aggregate(round: round)]
            + (configuration.evaluates(after: round)
                ? [.evaluateGlobal(round: round)] : commit(round, nil))
    }

    mutating func commit(_ round: Int, _ evaluation: Evaluation?) -> [Effect] {
        if let evaluation, !evaluation.loss.isFinite {
            return finish(.diverged(client: nil, round: round, reason: lossReason(evaluation)))
        }
        let clients = participants.sorted { $0.key < $1.key }.map { client, participant in
            RoundRecord.Client(
                client: client, sampleCount: participant.isFolded ? participant.sampleCount : nil,
                evaluation: participant.isFolded ? participant.evaluation : nil,
                failure: participant.failure)
        }
        let record = RoundRecord(round: round, clients: clients, global: evaluation)
        records.append(record)
        if let outcome = outcome(after: record) { return [.commit(record)] + finish(outcome) }
        return [.commit(record)] + prepare(round + 1, attempt: 1)
    }

    /// How the run ends with that round, if it does.
    func outcome(after record: RoundRecord) -> Outcome? {
        if let target = configuration.targetAccuracy, let reached = record.global?.accuracy,
            reached >= target
        {
            return .reachedTarget(round: record.round)
        }
        if record.round == configuration.rounds { return .completed }
        // Only a round that was tested can show that nothing came of it.
        guard let patience = configuration.patience, record.global != nil, let best = bestRound,
            record.round - best >= patience
        else { return nil }
        return .noProgress(rounds: record.round - best)
    }

    /// The first round with the best accuracy so far.
    private var bestRound: Int? {
        var best: (round: Int, accuracy: Double)?
        for record in records {
            guard let accuracy = record.global?.accuracy else { continue }
            if accuracy > best?.accuracy ?? -.infinity { best = (record.round, accuracy) }
        }
        return best?.round
    }

    /// Ends a run whose aggregate makes no model.
    mutating func fail(_ round: Int, _ failure: ClientFailure) -> [Effect] {
        failure.kind == .divergence
            ? finish(.diverged(client: nil, round: round, reason: failure.reason))
            : finish(.failed(client: nil, round: round, reason: failure.reason))
    }

    mutating func finish(_ outcome: Outcome) -> [Effect] {
        phase = .finished(outcome)
        participants = [:]
        tally = Participant.Tally()
        return [.finish(outcome)]
    }

    private func lossReason(_ evaluation: Evaluation) -> String {
        "its loss is \(NonFiniteNumber(evaluation.loss)?.description ?? "\(evaluation.loss)")"
    }
}
