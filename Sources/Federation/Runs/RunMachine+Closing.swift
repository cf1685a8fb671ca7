import JSON

/// How a round becomes the next model, is made permanent, and ends the run.
extension RunMachine {
    mutating func aggregate(_ round: Int) {
        orders.append(.wake(round: round, afterSeconds: nil))
        guard let fold, fold.round == round else {
            preconditionFailure("round \(round) closes without having been open")
        }
        isAggregating = true
        let context = RoundContext(
            round: round, population: plan.rules.population, seed: plan.seed,
            model: latest.model)
        orders.append(
            .aggregate(
                AggregationWork(
                    fold: fold.fold, strategy: plan.strategy, state: latest, context: context,
                    layout: plan.layout)))
    }

    mutating func take(_ outcome: AggregationOutcome) {
        guard isAggregating else { return }
        isAggregating = false
        fold = nil
        switch outcome.result {
        case .success(let made):
            var made = made
            for (client, kept) in clientStates {
                made.state.clients[client, default: [:]].merge(kept) { _, new in new }
            }
            candidate = made
        case .failure(let error):
            hasFailed = true
            // Without a test the round's commit, and the next round, are asked for already.
            effects.removeAll()
            if error == .stopped {
                feed(.stopRequested)
                return
            }
            // A part of the strategy that will not close a round says nothing of the model.
            var kind = ClientFailure.Kind.divergence
            if case .refused = error { kind = .error }
            feed(
                .aggregateFailed(
                    round: outcome.round, failure: ClientFailure(kind, reason: "\(error)")))
        }
    }

    mutating func commit(_ record: RoundRecord) {
        guard let candidate, !hasFailed, commitError == nil else { return }
        self.candidate = nil
        // Whoever dropped out after training has no part in the round.
        let counted = Set(record.clients.filter { $0.sampleCount != nil }.map(\.client))
        var record = record
        for index in record.clients.indices where record.clients[index].sampleCount != nil {
            let change = changes[record.clients[index].client]
            record.clients[index].updateNorm = change?.norm
            record.clients[index].updateCosine = change?.cosine
        }
        let round = CommittedRound(
            record: record, classCounts: classCounts.filter { counted.contains($0.key) },
            seconds: now - roundStart, trainingSeconds: trainingSeconds,
            evaluationSeconds: evaluationSeconds, observedDrops: drops,
            metrics: candidate.metrics.merging(measured?.metrics ?? [:]) { made, _ in made }
                .spelled,
            classes: measured?.classes)
        measured = nil
        (trainingSeconds, evaluationSeconds, drops) = (0, 0, [])
        committing = (round, candidate.state)
        latest = candidate.state
        orders.append(.commit(round, candidate.state))
    }

    mutating func confirm(_ round: Int) {
        guard let made = committing, made.round.record.round == round else { return }
        committing = nil
        state = made.state
        made.round.append(to: &committed)
    }

    /// Ends the run after the last round that is permanent.
    mutating func giveUp(_ error: any Error) {
        guard committing != nil, commitError == nil else { return }
        committing = nil
        commitError = error
        latest = state
        effects.removeAll()
        isAggregating = false
        if engine.outcome == nil { feed(.stopRequested) } else { end(.interrupted) }
    }

    mutating func end(_ outcome: Outcome) {
        guard result == nil else { return }
        let result = RunResult(
            outcome: commitError == nil ? outcome : .interrupted, model: state.model,
            rounds: committed, commitError: commitError)
        self.result = result
        fold = nil
        updates = [:]
        waiting = []
        orders.append(.wake(round: engine.currentRound, afterSeconds: nil))
        orders.append(.end(result))
    }
}
