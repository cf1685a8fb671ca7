import TestThreads
import Testing
import Federation

@Suite("When a round closes", .holdsItsThread)
struct ClosingTests {
    @Test("An aggregate that is no model ends the run as diverged, tested or not, in any round")
    func failedAggregate() {
        let odd = ClientFailure(.divergence, reason: "it is odd")
        for interval in [1, 2, 3, 5] {
            for failing in 1...3 {
                var engine = RoundEngine(
                    .init(
                        population: 2, rounds: 3, evaluationInterval: interval,
                        evaluatesClients: false))
                var queue = engine.handle(.begin)
                var committed: [Int] = []
                var outcomes: [Outcome] = []
                var hasFailed = false
                while !queue.isEmpty {
                    switch queue.removeFirst() {
                    case .train(let client, let round):
                        queue += engine.handle(
                            .updateReceived(client: client, round: round, sampleCount: 1))
                    case .accept(let client, let round):
                        queue += engine.handle(.updateFolded(client: client, round: round))
                    case .aggregate(let round) where round == failing:
                        // As drivers do: what was asked for after it is dropped.
                        hasFailed = true
                        queue = engine.handle(.aggregateFailed(round: round, failure: odd))
                    case .evaluateGlobal(let round):
                        queue += engine.handle(.globalEvaluated(round: round, good))
                    case .commit(let record):
                        #expect(!hasFailed)
                        committed.append(record.round)
                    case .finish(let outcome):
                        outcomes.append(outcome)
                    default: break
                    }
                }
                let expected = Outcome.diverged(client: nil, round: failing, reason: "it is odd")
                #expect(outcomes == [expected], "tested every \(interval), failed in \(failing)")
                #expect(engine.outcome == expected)
                #expect(committed == Array(1..<failing))
                #expect(engine.records.map(\.round) == committed)
                #expect(
                    expected.description
                        == "diverged: the global model of round \(failing): it is odd")
            }
        }
    }

    @Test("An aggregate fails in the round that is being closed, not in others")
    func staleFailure() {
        let odd = ClientFailure(.divergence, reason: "it is odd")
        var engine = engine(clients: 1)
        for round in [0, 1, 2] {
            #expect(engine.handle(.aggregateFailed(round: round, failure: odd)) == [])
        }
        _ = engine.handle(.begin)
        #expect(engine.handle(.aggregateFailed(round: 1, failure: odd)) == [])
        #expect(engine.report(0) == closing)
        _ = engine.handle(.globalEvaluated(round: 1, good))
        // It was tested and committed.
        #expect(engine.handle(.aggregateFailed(round: 1, failure: odd)) == [])
        #expect(engine.records.count == 1)
    }

    @Test("At the goal: updates beyond it are turned away, and leave no trace")
    func goal() {
        var engine = engine(clients: 5, cohort: 3, over: 2, goal: 3, waits: true)
        let opening = engine.handle(all: [.begin] + (0..<5).map { .clientJoined(client: $0) })
        #expect(opening.cohort == [0, 1, 2, 3, 4])
        engine.report(3)
        _ = engine.handle(.updateReceived(client: 1, round: 1, sampleCount: 2))
        _ = engine.handle(.updateReceived(client: 4, round: 1, sampleCount: 5))
        let late = engine.handle(.updateReceived(client: 0, round: 1, sampleCount: 1))
        #expect(late == [.reject(client: 0, round: 1, .goalReached)])
        // One of the three is refused by the sum, so there is room for another.
        #expect(engine.handle(.updateRefused(client: 4, round: 1, failure: gone)) == [])
        #expect(engine.report(0) == [])
        #expect(engine.handle(.updateFolded(client: 1, round: 1)) == closing)
        let after = engine.handle(.updateReceived(client: 2, round: 1, sampleCount: 3))
        #expect(after == [.reject(client: 2, round: 1, .noRoundOpen)])
        _ = engine.handle(.globalEvaluated(round: 1, good))
        #expect(
            engine.records.first?.clients == [
                .init(client: 0, sampleCount: 1), .init(client: 1, sampleCount: 2),
                .init(client: 3, sampleCount: 4), .init(client: 4, sampleCount: nil, failure: gone),
            ])
        let stale = engine.handle(.updateReceived(client: 2, round: 1, sampleCount: 3))
        #expect(stale == [.reject(client: 2, round: 1, .wrongRound(open: 2))])
    }

    @Test("At the deadline, with at least the minimum; whoever had not reported is named")
    func deadlineWithMinimum() {
        var engine = engine(clients: 3, minimum: 2, waits: true, deadline: 60)
        engine.handle(all: [.begin] + (0..<3).map { .clientJoined(client: $0) })
        engine.report(0)
        engine.report(2)
        #expect(engine.handle(.deadlinePassed(round: 2)) == [])
        #expect(engine.handle(.deadlinePassed(round: 1)) == closing)
        _ = engine.handle(.globalEvaluated(round: 1, good))
        let late = ClientFailure(
            .absence, reason: "it had not reported when the deadline passed")
        #expect(
            engine.records.first?.clients == [
                .init(client: 0, sampleCount: 1),
                .init(client: 1, sampleCount: nil, failure: late),
                .init(client: 2, sampleCount: 3),
            ])
    }

    @Test("At the deadline, what has been accepted is waited for and nothing else is taken")
    func deadlineWhileFolding() {
        var engine = engine(clients: 3, minimum: 2, waits: true, deadline: 60)
        engine.handle(all: [.begin] + (0..<3).map { .clientJoined(client: $0) })
        engine.report(0)
        _ = engine.handle(.updateReceived(client: 1, round: 1, sampleCount: 2))
        #expect(engine.handle(.deadlinePassed(round: 1)) == [])
        #expect(engine.handle(.deadlinePassed(round: 1)) == [])
        let late = engine.handle(.updateReceived(client: 2, round: 1, sampleCount: 3))
        #expect(late == [.reject(client: 2, round: 1, .deadlinePassed)])
        var refused = engine
        #expect(engine.handle(.updateFolded(client: 1, round: 1)) == closing)
        // Refused, it leaves the round one short: it goes on, and whoever was late may report.
        let again = refused.handle(.updateRefused(client: 1, round: 1, failure: gone))
        #expect(again == [.extendRound(round: 1, updates: 1), .train(client: 1, round: 1)])
        #expect(refused.isTraining(2))
        #expect(refused.report(2) == closing)
    }

    @Test("With too few at the deadline it stays open: nothing that came is asked for again")
    func extended() {
        var engine = engine(clients: 20, cohort: 4, minimum: 3, waits: true, deadline: 60)
        let opening = engine.handle(all: [.begin] + (0..<20).map { .clientJoined(client: $0) })
        let first = opening.cohort ?? []
        #expect(first.count == 4)
        engine.report(first[0])
        engine.report(first[1])
        let effects = engine.handle(.deadlinePassed(round: 1))
        #expect(effects.first == .extendRound(round: 1, updates: 2))
        #expect(engine.attempt == 1)
        // The places of the two that are late are offered to two others.
        let others = effects.trained
        #expect(others.count == 2)
        #expect(Set(others).isDisjoint(with: first))
        #expect(engine.pendingClients == others.sorted())
        let twice = engine.handle(.updateReceived(client: first[0], round: 1, sampleCount: 1))
        #expect(twice == [.reject(client: first[0], round: 1, .duplicate)])
        // Another deadline changes nothing for those two, and then the first of all that are late
        // makes up the minimum.
        let next = engine.handle(.deadlinePassed(round: 1))
        #expect(next.first == .extendRound(round: 1, updates: 2))
        for client in first[2...] + others { #expect(engine.isTraining(client)) }
        #expect(engine.report(first[3]) == closing)
        _ = engine.handle(.globalEvaluated(round: 1, good))
        let clients = engine.records.first?.clients ?? []
        let counted = clients.filter { $0.sampleCount != nil }.map(\.client)
        #expect(counted == [first[0], first[1], first[3]].sorted())
        let late = clients.filter { $0.sampleCount == nil }
        #expect(late.allSatisfy { $0.failure?.kind == .absence })
        #expect(Set(late.map(\.client)).isSuperset(of: others + [first[2]]))
    }

    @Test("In a run whose clients do not come and go, too few updates end it")
    func tooFew() {
        var engine = engine(clients: 3, minimum: 2)
        _ = engine.handle(.begin)
        engine.report(1)
        _ = engine.handle(.clientFailed(client: 0, round: 1, failure: gone))
        let end = engine.handle(.clientFailed(client: 2, round: 1, failure: gone))
        let outcome = Outcome.failed(
            client: 0, round: 1, reason: "it hung up, and 1 of at least 2 updates came")
        #expect(end == [.finish(outcome)])
    }

    @Test(
        "Without a deadline a round closes when all that are there have reported, if that is enough"
    )
    func withoutDeadline() {
        for deadline in [nil, 60.0] {
            var engine = engine(clients: 4, minimum: 2, waits: true, deadline: deadline)
            engine.handle(all: [.begin] + (0..<4).map { .clientJoined(client: $0) })
            #expect(engine.handle(.clientLost(client: 3, reason: "it hung up")) == [])
            engine.report(0)
            #expect(engine.handle(.clientLost(client: 2, reason: "it hung up")) == [])
            let last = engine.report(1)
            #expect(last == (deadline == nil ? closing : []))
        }
        var few = engine(clients: 4, minimum: 3, waits: true)
        few.handle(all: [.begin] + (0..<4).map { .clientJoined(client: $0) })
        few.handle(all: [.clientLost(client: 3, reason: "x"), .clientLost(client: 2, reason: "x")])
        few.report(0)
        #expect(few.report(1) == [])
        #expect(few.openRound == 1)
        #expect(few.handle(.clientJoined(client: 3)) == [.train(client: 3, round: 1)])
        #expect(few.report(3) == closing)
    }
}
