import Federation
import FederationWire
import Foundation
import Parameters

/// What the run's machine orders.
extension Coordinator {
    func carryOut(_ order: RunOrder) {
        switch order {
        case .awaitClients(let round, let count):
            note("round \(round) waits for \(count) clients")
            if let waiting, run.openedAt != nil { report(.waiting(waiting)) }
        case .opened(let round, let cohort):
            opened(round, cohort)
        case .abandoned(let round):
            preconditionFailure("round \(round) of a served run was abandoned")
        case .extended(let round, let updates):
            notice(
                "round \(round) had \(updates) of at least \(run.rules.minimumClients) updates at "
                    + "its deadline: it stays open")
        case .train(let task):
            offer(task.round, to: task.client)
        case .fold(let work):
            let number = run.number
            workers.begin { [self, workers] in
                let outcome = await workers.fold { work.run(threads: workers.foldThreads) }
                await inform(.folded(outcome), ofRun: number)
            }
        case .settled(let client, let round, let settlement):
            settled(client, round, settlement)
        case .aggregate(let work):
            let number = run.number
            workers.begin { [self, workers] in
                let outcome = await workers.fold { work.run(threads: workers.foldThreads) }
                await inform(.aggregated(outcome), ofRun: number)
            }
        case .evaluate(let subject, let round, let value, let before):
            evaluate(subject, round, value, after: before)
        case .commit(let round, let known):
            commit(round, known)
        case .wake(let round, let seconds):
            startDeadline(round, afterSeconds: seconds)
        case .end(let result):
            end(result)
        }
    }

    private func opened(_ round: Int, _ cohort: [Int]) {
        run.openedAt = Date()
        run.isReady = false
        noteReady()
        note("round \(round) is open for \(cohort.count) clients")
        let kept = run.served.keptUpdates.filter { $0.round == round }
        guard !kept.isEmpty else { return }
        let number = run.number
        workers.begin { await self.takeUp(kept, ofRun: number) }
    }

    private func offer(_ round: Int, to client: Int) {
        member(client) { $0.task = round }
        answerPoll(of: client, .success(task(for: client)))
    }

    // MARK: Tests

    private func evaluate(
        _ subject: EvaluationSubject, _ round: Int, _ value: UpdateValue,
        after model: ParameterVector
    ) {
        var slot: UploadSlots.Slot?
        if case .client(let client) = subject { slot = member(client) { $0.slot.take() } }
        let (number, evaluate) = (run.number, run.served.evaluate)
        evaluations = workers.begin { [self, workers, slot, before = evaluations] in
            await before?.value
            guard await isWanted(number) else { return }
            let model = await workers.convert { value.model(after: model) }
            let (evaluation, seconds) = await evaluate(subject, round, model)
            await evaluated(subject, round, evaluation, seconds, ofRun: number)
            withExtendedLifetime(slot) {}
        }
    }

    /// Whether anything may still come of what was begun for a run.
    private func isWanted(_ number: Int) -> Bool {
        run.number == number && run.outcome == nil && failure == nil
    }

    private func evaluated(
        _ subject: EvaluationSubject, _ round: Int, _ evaluation: Evaluation,
        _ seconds: Double, ofRun number: Int
    ) {
        guard run.number == number else { return }
        if case .client(let client) = subject {
            member(client) { $0.accuracy = evaluation.accuracy }
        }
        inform(.evaluated(subject, round: round, evaluation, seconds: seconds))
    }

    // MARK: The round's end

    private func commit(_ round: CommittedRound, _ known: FederationState) {
        let (number, commit) = (run.number, run.served.commit)
        workers.begin { [self] in
            let result = await Attempt.of { try await commit(round, known) }
            await committed(round, known, result, ofRun: number)
        }
    }

    private func committed(
        _ round: CommittedRound, _ known: FederationState, _ result: Result<Void, any Error>,
        ofRun number: Int
    ) {
        guard run.number == number, failure == nil else { return }
        let count = round.record.round
        switch result {
        case .success:
            run.publish(known.model, round: count, by: workers)
            run.note(round, closedAt: Date())
            note("round \(count) is committed")
            report(.committed(round))
            inform(.committed(round: count))
        case .failure(let error):
            inform(.notCommitted(round: count, error))
        }
    }

    private func end(_ result: RunResult) {
        run.forgetUpdates()
        // What is acknowledged must be permanent, so nothing may be acknowledged any more.
        if let error = result.commitError { return fail(error) }
        note("the run is over: \(result.outcome)")
        for client in run.members.keys.sorted() {
            member(client) { $0.task = nil }
            answerPoll(of: client, .success(task(for: client)))
        }
        ending += 1
        let finish = run.served.finish
        workers.begin { [self] in
            await finish(result.outcome, result.model)
            await ended(result.outcome)
        }
    }
}
