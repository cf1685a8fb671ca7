import Federation
import TestThreads
import Testing

private typealias Event = RoundEngine.Event
private typealias Effect = RoundEngine.Effect

@Suite("Clients whose training or update comes to nothing", .holdsItsThread)
struct DroppedClientTests {
    @Test("A client that diverges ends a run, or loses its place where the run drops such clients")
    func dropped() {
        let broken = ClientFailure(.divergence, reason: "its loss is no finite number")
        for event in [
            Event.clientFailed(client: 1, round: 1, failure: broken),
            .updateRefused(client: 1, round: 1, failure: broken),
        ] {
            for drops in [false, true] {
                var engine = RoundEngine(
                    .init(
                        population: 3, rounds: 1, evaluatesClients: false, minimumClients: 2,
                        dropsDiverging: drops))
                _ = engine.handle(.begin)
                if case .updateRefused = event {
                    _ = engine.handle(.updateReceived(client: 1, round: 1, sampleCount: 1))
                }
                #expect(engine.handle(event) == [])
                engine.report(0)
                let end = engine.report(2)
                if drops {
                    #expect(end == closing)
                    _ = engine.handle(.globalEvaluated(round: 1, good))
                    #expect(engine.records.first?.clients[1].failure == broken)
                } else {
                    let reason = broken.reason
                    #expect(
                        end == [.finish(.diverged(client: 1, round: 1, reason: reason))])
                }
            }
        }
    }

    @Test("A served run goes on without clients that diverge, until too few are left")
    func hopeless() {
        let broken = ClientFailure(.divergence, reason: "it diverged")
        for deadline in [nil, 60.0] {
            var engine = RoundEngine(
                .init(
                    population: 4, rounds: 2, evaluatesClients: false, cohortSize: 3,
                    minimumClients: 2, waitsForClients: true, dropsDiverging: true,
                    roundDeadlineSeconds: deadline))
            let cohort =
                engine.handle(all: [.begin] + (0..<4).map { .clientJoined(client: $0) }).cohort
                ?? []
            let spare = 6 - cohort.reduce(0, +)
            // The place of the first goes to the fourth client.
            let first = Event.clientFailed(client: cohort[0], round: 1, failure: broken)
            #expect(engine.handle(first) == [.train(client: spare, round: 1)])
            #expect(engine.handle(first) == [.reject(client: cohort[0], round: 1, .duplicate)])
            let second = Event.clientFailed(client: cohort[1], round: 1, failure: broken)
            #expect(engine.handle(second) == [])
            var goesOn = engine
            goesOn.report(cohort[2])
            let closes = goesOn.report(spare)
            #expect(closes == (deadline == nil ? closing : []))
            if deadline != nil {
                #expect(goesOn.handle(.deadlinePassed(round: 1)) == closing)
            }
            // With a third, the round cannot have its minimum whoever comes.
            let third = Event.clientFailed(client: cohort[2], round: 1, failure: broken)
            let outcome = Outcome.failed(
                client: cohort[0], round: 1,
                reason: "it diverged, and no other client sent an update")
            #expect(engine.handle(third) == [.finish(outcome)])
        }
    }

    @Test("An aggregate that makes no model ends the run, and only while its round closes")
    func noModel() {
        let broken = ClientFailure(.divergence, reason: "parameter 3 is NaN")
        var engine = engine(clients: 1)
        _ = engine.handle(.begin)
        #expect(engine.handle(.aggregateFailed(round: 1, failure: broken)) == [])
        #expect(engine.report(0) == closing)
        #expect(
            engine.handle(.aggregateFailed(round: 1, failure: broken))
                == [.finish(.diverged(client: nil, round: 1, reason: "parameter 3 is NaN"))])
    }
}
