import TestThreads
import Testing
import Federation

private typealias Event = RoundEngine.Event
private typealias Effect = RoundEngine.Effect

@Suite("Which clients a round has", .holdsItsThread)
struct CohortTests {
    @Test("The cohort is the seed's and the round's, and each client's turn comes equally often")
    func uniform() {
        var chosen = [Int: Int]()
        var pairs = [Set<Int>: Int]()
        for seed in UInt64(0)..<2000 {
            var one = engine(clients: 10, seed: seed, cohort: 3)
            let cohort = one.handle(.begin).cohort ?? []
            #expect(cohort.count == 3)
            #expect(cohort == cohort.sorted() && Set(cohort).count == 3)
            var two = engine(clients: 10, seed: seed, cohort: 3)
            #expect(two.handle(.begin).cohort == cohort)
            for client in cohort { chosen[client, default: 0] += 1 }
            pairs[Set(cohort.prefix(2)), default: 0] += 1
        }
        // 600 expected of each, standard deviation 20.5.
        #expect(chosen.count == 10)
        #expect(chosen.values.allSatisfy { (500...700).contains($0) }, "\(chosen)")
        #expect(pairs.count == 36)
    }

    @Test("Rounds draw anew; those who joined in another order give the same cohort")
    func roundsDiffer() {
        var cohorts: [[Int]] = []
        var engine = engine(clients: 40, rounds: 6, cohort: 8)
        var effects = engine.handle(.begin)
        while let cohort = effects.cohort {
            cohorts.append(cohort)
            let round = cohorts.count
            for client in cohort { engine.report(client, round) }
            effects = engine.handle(.globalEvaluated(round: round, good))
        }
        #expect(engine.outcome == .completed)
        #expect(Set(cohorts).count == 6)

        for order in [Array(0..<40), (0..<40).reversed()] {
            var served = self.served(clients: 40, cohort: 8)
            _ = served.handle(.begin)
            let opening = served.handle(all: order.map { .clientJoined(client: $0) })
            #expect(opening.cohort == cohorts[0])
            #expect(opening.trained == cohorts[0])
        }
    }

    @Test("Over-selection asks more clients than the goal, rounded up, and no more than there are")
    func overSelection() {
        for (clients, cohort, over, places) in [
            (20, 10, 1.3, 13), (20, 7, 1.3, 10), (12, 10, 1.3, 12), (5, 5, 100, 5), (9, 3, 1, 3),
        ] {
            var simulated = engine(clients: clients, cohort: cohort, over: over)
            #expect(simulated.configuration.places == places)
            #expect(simulated.configuration.goal == cohort)
            // Where it is known that all take part, those in excess are spared the work.
            let chosen = simulated.handle(.begin).cohort ?? []
            #expect(chosen.count == cohort)
            var served = engine(clients: clients, cohort: cohort, over: over, waits: true)
            let asked = served.handle(
                all: [.begin] + (0..<clients).map { .clientJoined(client: $0) }
            ).cohort
            #expect(asked?.count == places)
            #expect(Set(chosen).isSubset(of: asked ?? []))
        }
    }

    private func served(clients: Int, cohort: Int) -> RoundEngine {
        engine(clients: clients, cohort: cohort, waits: true)
    }
}

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

@Suite("Clients that come and go", .holdsItsThread)
struct MembershipTests {
    @Test("A run waits for all its clients, later rounds for the minimum")
    func waiting() {
        var engine = engine(clients: 3, minimum: 2, waits: true)
        #expect(engine.handle(.clientJoined(client: 1)) == [])
        #expect(engine.handle(.begin) == [.awaitClients(round: 1, count: 3)])
        #expect(engine.phase == .waiting(round: 1))
        #expect(engine.openRound == nil)
        let early = engine.handle(.updateReceived(client: 1, round: 1, sampleCount: 1))
        #expect(early == [.reject(client: 1, round: 1, .noRoundOpen)])
        #expect(engine.handle(.clientJoined(client: 1)) == [])
        #expect(engine.handle(.clientJoined(client: 2)) == [])
        #expect(engine.handle(.clientLost(client: 2, reason: "x")) == [])
        #expect(engine.handle(.clientLost(client: 2, reason: "x")) == [])
        #expect(engine.handle(.clientJoined(client: 0)) == [])
        #expect(engine.handle(.clientJoined(client: 2)).cohort == [0, 1, 2])

        for client in 0..<3 { engine.report(client) }
        // Two are lost while the global model is evaluated.
        engine.handle(all: [
            .clientLost(client: 0, reason: "x"), .clientLost(client: 1, reason: "x"),
        ])
        let next = engine.handle(.globalEvaluated(round: 1, good))
        #expect(next.last == .awaitClients(round: 2, count: 2))
        let opening = engine.handle(.clientJoined(client: 0))
        #expect(opening.cohort == [0, 2])
        // The third place is taken by whoever joins.
        #expect(engine.handle(.clientJoined(client: 1)) == [.train(client: 1, round: 2)])
        #expect(engine.pendingClients == [0, 1, 2])
    }

    @Test("Waiting has a deadline, too: then the minimum is enough, at once or when it is there")
    func waitingDeadline() {
        var engine = engine(clients: 4, minimum: 2, waits: true, deadline: 60)
        engine.handle(all: [.begin, .clientJoined(client: 3)])
        #expect(engine.handle(.deadlinePassed(round: 1)) == [])
        var enough = engine
        #expect(engine.handle(.clientJoined(client: 0)).cohort == [0, 3])
        // The round's own deadline has not passed.
        #expect(engine.isTraining(3))
        engine.report(0)
        #expect(
            engine.handle(.deadlinePassed(round: 1)) == [.extendRound(round: 1, updates: 1)])
        #expect(engine.report(3) == closing)
        enough.handle(all: [.clientLost(client: 3, reason: "x"), .clientJoined(client: 1)])
        #expect(enough.phase == .waiting(round: 1))
        #expect(enough.handle(.clientJoined(client: 2)).cohort == [1, 2])
    }

    @Test("A lost client's place goes to another that is there, else to the next that joins")
    func refill() {
        var engine = engine(clients: 5, cohort: 2, waits: true, deadline: 60)
        let opening = engine.handle(all: [.begin] + (0..<5).map { .clientJoined(client: $0) })
        let cohort = opening.cohort ?? []
        let spare = Set(0..<5).subtracting(cohort)
        let refilled = engine.handle(.clientLost(client: cohort[0], reason: "it hung up")).trained
        #expect(refilled.count == 1 && spare.contains(refilled[0]))
        // What the lost client sends is not taken, nor when it is back without a place.
        for _ in 1...2 {
            let late = engine.handle(
                .updateReceived(client: cohort[0], round: 1, sampleCount: 1))
            #expect(late == [.reject(client: cohort[0], round: 1, .notChosen)])
            #expect(engine.handle(.clientJoined(client: cohort[0])) == [])
        }
        let unchosen = spare.subtracting(refilled).min() ?? 0
        let never = engine.handle(.updateReceived(client: unchosen, round: 1, sampleCount: 1))
        #expect(never == [.reject(client: unchosen, round: 1, .notChosen)])
        engine.report(refilled[0])
        #expect(engine.report(cohort[1]) == closing)
        _ = engine.handle(.globalEvaluated(round: 1, good))
        let lost = engine.records.first?.clients.first { $0.client == cohort[0] }
        #expect(lost?.failure == gone)
        #expect(engine.records.first?.clients.count == 3)
    }

    @Test("A client that comes back takes its place again and leaves no trace of its absence")
    func comeback() {
        var engine = engine(clients: 2, minimum: 2, waits: true)
        engine.handle(all: [.begin, .clientJoined(client: 0), .clientJoined(client: 1)])
        engine.report(0)
        for _ in 1...3 {
            #expect(engine.handle(.clientLost(client: 1, reason: "it hung up")) == [])
            #expect(engine.pendingClients == [])
            #expect(engine.handle(.clientJoined(client: 1)) == [.train(client: 1, round: 1)])
        }
        // One that goes after its update has come is not missed.
        #expect(engine.handle(.clientLost(client: 0, reason: "it hung up")) == [])
        _ = engine.handle(.updateReceived(client: 1, round: 1, sampleCount: 2))
        #expect(engine.handle(.clientLost(client: 1, reason: "it hung up")) == [])
        #expect(engine.handle(.updateFolded(client: 1, round: 1)) == closing)
        _ = engine.handle(.globalEvaluated(round: 1, good))
        #expect(
            engine.records.first?.clients == [
                .init(client: 0, sampleCount: 1), .init(client: 1, sampleCount: 2),
            ])
        #expect(engine.phase == .waiting(round: 2))
    }

    @Test("A client that failed has no second try in the round, unless it goes and comes back")
    func failedClient() {
        var engine = engine(clients: 3, cohort: 2, minimum: 2, waits: true)
        let cohort =
            engine.handle(all: [.begin] + (0..<3).map { .clientJoined(client: $0) }).cohort ?? []
        let spare = 3 - cohort.reduce(0, +)
        let refilled = engine.handle(
            .clientFailed(client: cohort[0], round: 1, failure: gone))
        #expect(refilled == [.train(client: spare, round: 1)])
        let failed = engine.handle(.clientFailed(client: spare, round: 1, failure: gone))
        #expect(failed == [])
        let second = engine.handle(
            .updateReceived(client: spare, round: 1, sampleCount: 1))
        #expect(second == [.reject(client: spare, round: 1, .duplicate)])
        #expect(engine.handle(.clientLost(client: spare, reason: "x")) == [])
        #expect(
            engine.handle(.clientJoined(client: spare)) == [.train(client: spare, round: 1)])
    }

    @Test("While an update is being folded in, only the sum can refuse it")
    func refusal() {
        var engine = engine(clients: 2)
        _ = engine.handle(.begin)
        let refusal = Event.updateRefused(client: 0, round: 1, failure: gone)
        #expect(engine.handle(refusal) == [.reject(client: 0, round: 1, .notAccepted)])
        _ = engine.handle(.updateReceived(client: 0, round: 1, sampleCount: 1))
        let failing = engine.handle(.clientFailed(client: 0, round: 1, failure: gone))
        #expect(failing == [.reject(client: 0, round: 1, .duplicate)])
        _ = engine.handle(.updateFolded(client: 0, round: 1))
        #expect(engine.handle(refusal) == [.reject(client: 0, round: 1, .duplicate)])
        #expect(engine.report(1) == closing)
    }

    @Test("Clients that the run has not")
    func unknown() {
        var engine = engine(clients: 2, waits: true)
        _ = engine.handle(.begin)
        for client in [2, 3, -1, Int.max, Int.min] {
            let joining = engine.handle(.clientJoined(client: client))
            #expect(joining == [.reject(client: client, round: 1, .unknownClient)])
            let leaving = engine.handle(.clientLost(client: client, reason: "x"))
            #expect(leaving == [.reject(client: client, round: 1, .unknownClient)])
        }
        #expect(engine.roster.count == 0)
    }
}

@Suite("Going on from committed rounds", .holdsItsThread)
struct ResumptionTests {
    private func records(_ count: Int, accuracy: Double = 0.5) -> [RoundRecord] {
        (0..<count).map {
            RoundRecord(
                round: $0 + 1, clients: [.init(client: 0, sampleCount: 3)],
                global: Evaluation(accuracy: accuracy, loss: 1, count: 1))
        }
    }

    @Test("The next round opens as in an undisturbed run")
    func goesOn() {
        let configuration = RoundEngine.Configuration(
            population: 30, rounds: 5, evaluatesClients: false, seed: 9, cohortSize: 4)
        var whole = RoundEngine(configuration)
        var effects = whole.handle(.begin)
        while let cohort = effects.cohort {
            let round = whole.currentRound
            var resumed = RoundEngine(configuration, resuming: whole.records)
            #expect(resumed.currentRound == round)
            #expect(resumed.handle(.begin) == effects.filter { !$0.isCommit })
            for client in cohort { whole.report(client, round) }
            effects = whole.handle(.globalEvaluated(round: round, good))
        }
        #expect(whole.outcome == .completed)
        #expect(whole.records.count == 5)
    }

    @Test("A run that was over is over")
    func finished() {
        var complete = RoundEngine(.init(population: 1, rounds: 3), resuming: records(3))
        #expect(complete.handle(.begin) == [.finish(.completed)])
        let target = RoundEngine.Configuration(population: 1, rounds: 9, targetAccuracy: 0.4)
        var reached = RoundEngine(target, resuming: records(2))
        #expect(reached.handle(.begin) == [.finish(.reachedTarget(round: 2))])
        #expect(reached.records == records(2))
    }
}

extension RoundEngine.Effect {
    fileprivate var isCommit: Bool { if case .commit = self { true } else { false } }
}
