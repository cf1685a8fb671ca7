import Federation
import FederationServer
import Parameters

/// What must be so when all is over.
extension Simulation {
    func check() {
        let (disk, updates) = state.withLock { ($0.disk, $0.updates) }
        for (index, run) in disk.runs.enumerated() {
            let rounds = run.commits.map(\.round.record.round)
            if rounds != Array(1..<rounds.count + 1) { wrong("the rounds are \(rounds)") }
            checkModels(of: run, index, updates)
        }
        checkAcknowledged(disk)
        let last = disk.runs[disk.current]
        switch last.outcome {
        case .completed?:
            if last.commits.count != last.options.rounds {
                wrong("completed after \(last.commits.count) rounds")
            }
        case .failed?: break
        case let outcome?: wrong("the run ended as \(outcome)")
        case nil: wrong("the run has not ended")
        }
    }

    /// Folds the updates of which the records speak, and nothing else, in the order of clients.
    private func checkModels(
        of run: SimulatedDisk.Run, _ index: Int,
        _ updates: [SimulatedDisk.Sent: IncomingUpdate]
    ) {
        let (strategy, layout) = (run.options.strategy, run.options.layout)
        var state = run.initial
        for commit in run.commits {
            let record = commit.round.record
            do throws(AggregationError) {
                var fold = strategy.aggregator.makeFold(layout)
                var kept: [Int: [String: ParameterVector]] = [:]
                for part in record.clients {
                    guard let samples = part.sampleCount else { continue }
                    let sent = SimulatedDisk.Sent(
                        run: index, client: part.client, round: record.round, samples: samples)
                    guard let update = updates[sent] else {
                        return wrong("round \(record.round) has an update that nobody sent")
                    }
                    let contribution = try contribution(of: update, strategy, after: state)
                    try fold.add([contribution], threads: 1)
                    kept[part.client] = contribution.clientState
                }
                let context = RoundContext(
                    round: record.round, population: run.options.clients, seed: 1,
                    model: state.model)
                var next = try strategy.next(&fold, after: state, context).state
                for (client, kept) in kept where !kept.isEmpty {
                    next.clients[client, default: [:]].merge(kept) { _, new in new }
                }
                state = next
            } catch {
                return wrong("round \(record.round) cannot be folded again: \(error)")
            }
            if state != commit.state {
                return wrong("the model of round \(record.round) is none of its updates'")
            }
        }
    }

    private func contribution(
        of update: IncomingUpdate, _ strategy: Strategy, after state: FederationState
    ) throws(AggregationError) -> Contribution {
        let work = LocalWork(steps: 1, learningRate: 0.01)
        guard update.origin == .binary else {
            return try strategy.contribution(of: update.model, after: state, work: work, seed: 1)
                .contribution
        }
        return try strategy.contribution(
            of: ClientUpdate(
                client: update.client, round: update.round, sampleCount: update.sampleCount,
                value: update.value, isPrepared: true),
            after: state, work: work, seed: 1)
    }

    /// What a client was told counts does, or the run ended before. What was told to a client of the
    /// binary API counts as long as the server lives: the client asks, and sends it again.
    private func checkAcknowledged(_ disk: SimulatedDisk) {
        let (acknowledged, refusedAgain) = state.withLock { ($0.acknowledged, $0.refusedAgain) }
        for one in acknowledged {
            let sent = one.sent
            let commits = disk.runs[sent.run].commits
            guard let commit = commits.first(where: { $0.round.record.round == sent.round }) else {
                continue
            }
            if commit.life != one.life {
                let again = "client \(sent.client)'s report in round \(sent.round)"
                // Of a run whose place another has taken nobody hears it.
                let isHeard = refusedAgain.contains(again) || disk.runs.count > sent.run + 1
                if one.origin == .binary || isHeard { continue }
            }
            let part = commit.round.record.clients.first { $0.client == sent.client }
            if part?.sampleCount != sent.samples {
                wrong(
                    "\(sent) was acknowledged, and the record says "
                        + (part.map { "\($0)" } ?? "nothing of its client"))
            }
        }
    }
}
