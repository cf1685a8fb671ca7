import Federation
import Parameters
import TestThreads
import Testing

private func good(_ accuracy: Double = 0.5) -> Evaluation {
    Evaluation(accuracy: accuracy, loss: 1 - accuracy, count: 100)
}

private func engine(
    _ clients: Int = 2, rounds: Int = 2, target: Double? = nil, evaluates: Bool = true
) -> RoundEngine {
    RoundEngine(
        .init(
            population: clients, rounds: rounds, targetAccuracy: target,
            evaluatesClients: evaluates))
}

@Suite(.holdsItsThread) struct RoundEngineTests {
    @Test func oneRunStepByStep() {
        var engine = engine(2)
        func record(_ round: Int) -> RoundRecord {
            RoundRecord(
                round: round,
                clients: [
                    .init(client: 0, sampleCount: 10, evaluation: good(0.1)),
                    .init(client: 1, sampleCount: 20, evaluation: good(0.2)),
                ], global: good(0.3))
        }
        #expect(engine.phase == .idle)
        var opening: [RoundEngine.Effect] = [
            .openRound(round: 1, cohort: [0, 1]), .train(client: 0, round: 1),
            .train(client: 1, round: 1),
        ]
        #expect(engine.handle(.begin) == opening)
        #expect(engine.handle(.begin) == [])
        for round in 1...2 {
            #expect(engine.phase == .open(round: round))
            #expect(engine.pendingClients == [0, 1])
            let steps: [(RoundEngine.Event, [RoundEngine.Effect])] = [
                (
                    .updateReceived(client: 1, round: round, sampleCount: 20),
                    [.accept(client: 1, round: round)]
                ),
                (
                    .updateFolded(client: 1, round: round),
                    [.evaluateClient(client: 1, round: round)]
                ),
                (
                    .updateReceived(client: 0, round: round, sampleCount: 10),
                    [.accept(client: 0, round: round)]
                ),
                // A served client may send its evaluation along with its update.
                (.clientEvaluated(client: 0, round: round, good(0.1)), []),
                (.updateFolded(client: 0, round: round), []),
                (
                    .clientEvaluated(client: 1, round: round, good(0.2)),
                    [.aggregate(round: round), .evaluateGlobal(round: round)]
                ),
            ]
            for (event, effects) in steps {
                let found = engine.handle(event)
                #expect(found == effects)
            }
            #expect(engine.phase == .closing(round: round))
            #expect(engine.pendingClients == [])
            let late = engine.handle(.globalEvaluated(round: round + 1, good()))
            #expect(late == [])
            let closing = engine.handle(.globalEvaluated(round: round, good(0.3)))
            opening = [
                .openRound(round: 2, cohort: [0, 1]), .train(client: 0, round: 2),
                .train(client: 1, round: 2),
            ]
            #expect(
                closing
                    == [.commit(record(round))] + (round == 1 ? opening : [.finish(.completed)]))
        }
        #expect(engine.records == [record(1), record(2)])
        #expect(engine.outcome == .completed)
    }

    @Test func withoutClientEvaluationFoldingIsEnough() {
        var engine = engine(1, rounds: 1, evaluates: false)
        _ = engine.handle(.begin)
        _ = engine.handle(.updateReceived(client: 0, round: 1, sampleCount: 5))
        let early = engine.handle(.clientEvaluated(client: 0, round: 1, good()))
        #expect(early == [.reject(client: 0, round: 1, .notAsked)])
        let closing = engine.handle(.updateFolded(client: 0, round: 1))
        #expect(closing == [.aggregate(round: 1), .evaluateGlobal(round: 1)])
    }

    @Test func whatDoesNotBelongIsRejectedWithoutChange() {
        var idle = engine()
        let early = idle.handle(.updateReceived(client: 0, round: 1, sampleCount: 1))
        #expect(early == [.reject(client: 0, round: 1, .noRoundOpen)])
        #expect(idle.phase == .idle)

        var engine = engine()
        _ = engine.handle(.begin)
        _ = engine.handle(.updateReceived(client: 0, round: 1, sampleCount: 10))
        let table: [(RoundEngine.Event, RoundEngine.Effect)] = [
            (
                .updateReceived(client: 0, round: 1, sampleCount: 10),
                .reject(client: 0, round: 1, .duplicate)
            ),
            (
                .updateReceived(client: 1, round: 2, sampleCount: 10),
                .reject(client: 1, round: 2, .wrongRound(open: 1))
            ),
            (
                .updateReceived(client: 1, round: 0, sampleCount: 10),
                .reject(client: 1, round: 0, .wrongRound(open: 1))
            ),
            (
                .updateReceived(client: 2, round: 1, sampleCount: 10),
                .reject(client: 2, round: 1, .unknownClient)
            ),
            (.updateFolded(client: 1, round: 1), .reject(client: 1, round: 1, .notAccepted)),
            (
                .clientFailed(client: 8, round: 1, failure: .init(.error, reason: "x")),
                .reject(client: 8, round: 1, .unknownClient)
            ),
        ]
        for (event, effect) in table {
            let found = engine.handle(event)
            #expect(found == [effect])
            #expect(engine.pendingClients == [0, 1])
        }
        _ = engine.handle(.updateFolded(client: 0, round: 1))
        let twice = engine.handle(.updateFolded(client: 0, round: 1))
        #expect(twice == [.reject(client: 0, round: 1, .duplicate)])
        _ = engine.handle(.clientEvaluated(client: 0, round: 1, good()))
        let again = engine.handle(.clientEvaluated(client: 0, round: 1, good(0.9)))
        #expect(again == [.reject(client: 0, round: 1, .duplicate)])
        #expect(engine.pendingClients == [1])
    }

    @Test func targetAccuracyEndsTheRun() {
        for (target, outcome) in [
            (0.5, Outcome.reachedTarget(round: 1)), (0.51, .completed),
        ] {
            var engine = engine(1, rounds: 1, target: target)
            let effects = drive(&engine) { _, _ in good(0.5) }
            #expect(effects.last == .finish(outcome))
            #expect(engine.records.count == 1)
        }
    }

    @Test func divergenceNamesRoundAndClientAndKeepsRounds() {
        for loss in [Double.nan, .infinity] {
            var engine = engine(3, rounds: 5)
            _ = drive(&engine) { client, round in
                Evaluation(
                    accuracy: 0.1, loss: round == 3 && client ?? 0 >= 1 ? loss : 1, count: 10)
            }
            let name = loss.isNaN ? "NaN" : "infinity"
            #expect(
                engine.outcome == .diverged(client: 1, round: 3, reason: "its loss is \(name)"))
            #expect(engine.records.map(\.round) == [1, 2])
        }
        var global = engine(1, rounds: 3)
        _ = drive(&global) { client, round in
            Evaluation(accuracy: 0, loss: client == nil && round == 2 ? .nan : 1, count: 1)
        }
        #expect(
            global.outcome == .diverged(client: nil, round: 2, reason: "its loss is NaN"))
        #expect(global.records.map(\.round) == [1])
    }

    @Test func absentClientsAreLeftOutAndErrorsEndTheRun() {
        var engine = engine(2, rounds: 1)
        _ = engine.handle(.begin)
        let absence = ClientFailure(.absence, reason: "it hung up")
        #expect(engine.handle(.clientFailed(client: 0, round: 1, failure: absence)) == [])
        let late = engine.handle(.updateReceived(client: 0, round: 1, sampleCount: 3))
        #expect(late == [.reject(client: 0, round: 1, .duplicate)])
        var alone = engine
        let none = alone.handle(.clientFailed(client: 1, round: 1, failure: absence))
        #expect(
            none == [
                .finish(
                    .failed(
                        client: 0, round: 1,
                        reason: "it hung up, and no other client sent an update"))
            ])
        var failing = engine
        let failed = failing.handle(
            .clientFailed(client: 1, round: 1, failure: .init(.error, reason: "no data")))
        #expect(failed == [.finish(.failed(client: 1, round: 1, reason: "no data"))])
        for event: RoundEngine.Event in [
            .updateReceived(client: 1, round: 1, sampleCount: 3),
            .updateFolded(client: 1, round: 1),
            .clientEvaluated(client: 1, round: 1, good()), .globalEvaluated(round: 1, good()),
        ] {
            _ = engine.handle(event)
        }
        #expect(
            engine.records.first?.clients == [
                .init(client: 0, sampleCount: nil, failure: absence),
                .init(client: 1, sampleCount: 3, evaluation: good()),
            ])
    }

    @Test(arguments: [UInt64](1...40))
    func orderOfEventsChangesNoRecord(seed: UInt64) {
        // Clients 2 and 4 are absent in round 2; in half of the runs 3 and 1 diverge in round 3.
        let diverges = seed % 2 == 0
        func run(_ seed: UInt64) -> RoundEngine {
            var random = RandomStream(RandomKey(seed: seed, purpose: .selection))
            var engine = engine(5, rounds: 4)
            var waiting: [RoundEngine.Event] = [.begin]
            while !waiting.isEmpty {
                let event = waiting.remove(at: random.next(below: waiting.count))
                for effect in engine.handle(event) {
                    switch effect {
                    case .train(let client, let round):
                        if round == 2, [2, 4].contains(client) {
                            waiting.append(
                                .clientFailed(
                                    client: client, round: round,
                                    failure: .init(.absence, reason: "away")))
                        } else if diverges, round == 3, [1, 3].contains(client) {
                            waiting.append(
                                .clientFailed(
                                    client: client, round: round,
                                    failure: .init(.divergence, reason: "a weight is NaN")))
                        } else {
                            waiting.append(
                                .updateReceived(
                                    client: client, round: round, sampleCount: 10 + client * 10))
                            // Sent twice now and then, and once too late.
                            if random.next(below: 3) == 0 {
                                waiting.append(
                                    .updateReceived(
                                        client: client, round: round, sampleCount: 10 + client * 10)
                                )
                            }
                        }
                    case .accept(let client, let round):
                        waiting.append(.updateFolded(client: client, round: round))
                    case .evaluateClient(let client, let round):
                        waiting.append(
                            .clientEvaluated(
                                client: client, round: round, good(Double(client + round) / 10)))
                    case .evaluateGlobal(let round):
                        waiting.append(.globalEvaluated(round: round, good(Double(round) / 10)))
                    default: break
                    }
                }
            }
            return engine
        }
        let expected = run(diverges ? 1002 : 1001)
        let found = run(seed)
        #expect(found.records == expected.records, "seed \(seed)")
        #expect(found.outcome == expected.outcome, "seed \(seed)")
        let outcome: Outcome =
            diverges
            ? .diverged(client: 1, round: 3, reason: "a weight is NaN") : .completed
        #expect(found.outcome == outcome, "seed \(seed)")
    }

    @Test func stopsAtAnyPoint() {
        var whole = engine(rounds: 2)
        let total = drive(&whole) { _, _ in good() }.count
        #expect(total == 21)
        for point in 0...30 {
            var engine = engine(rounds: 2)
            _ = drive(&engine, stopAfter: point) { _, _ in good() }
            let wasOver = engine.outcome == .completed
            let stopping = engine.handle(.stopRequested)
            #expect(stopping == [])
            #expect(wasOver || engine.outcome == .interrupted, "point \(point)")
            #expect(Array(whole.records.prefix(engine.records.count)) == engine.records)
            let late = engine.handle(.updateReceived(client: 0, round: 1, sampleCount: 1))
            #expect(late == [.reject(client: 0, round: 1, .noRoundOpen)])
            #expect(engine.handle(.begin) == [])
        }
    }

    @Test func outcomesReadAsSentences() {
        #expect(Outcome.completed.description == "completed")
        #expect(Outcome.reachedTarget(round: 3).description == "target accuracy reached")
        #expect(Outcome.noProgress(rounds: 4).description == "no progress for 4 rounds")
        #expect(
            Outcome.failed(client: nil, round: 2, reason: "too few").description
                == "failed: round 2: too few")
        #expect(Outcome.interrupted.description == "interrupted")
        #expect(
            Outcome.diverged(client: 3, round: 2, reason: "its loss is NaN").description
                == "diverged: client 3 in round 2: its loss is NaN")
        #expect(
            Outcome.diverged(client: nil, round: 2, reason: "its loss is NaN").description
                == "diverged: the global model of round 2: its loss is NaN")
    }

    /// Carries out effects at once, one event after the other; no client is the global model.
    private func drive(
        _ engine: inout RoundEngine, stopAfter: Int = .max,
        _ evaluate: (_ client: Int?, _ round: Int) -> Evaluation
    ) -> [RoundEngine.Effect] {
        var queue: [RoundEngine.Event] = [.begin]
        var all: [RoundEngine.Effect] = []
        var handled = 0
        while !queue.isEmpty {
            if handled == stopAfter { queue = [.stopRequested] }
            handled += 1
            let effects = engine.handle(queue.removeFirst())
            all += effects
            for effect in effects {
                switch effect {
                case .train(let client, let round):
                    queue.append(.updateReceived(client: client, round: round, sampleCount: 10))
                case .accept(let client, let round):
                    queue.append(.updateFolded(client: client, round: round))
                case .evaluateClient(let client, let round):
                    queue.append(
                        .clientEvaluated(client: client, round: round, evaluate(client, round)))
                case .evaluateGlobal(let round):
                    queue.append(.globalEvaluated(round: round, evaluate(nil, round)))
                default: break
                }
            }
        }
        return all
    }
}
