import TestThreads
import Testing
import Federation

private typealias Event = RoundEngine.Event

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
