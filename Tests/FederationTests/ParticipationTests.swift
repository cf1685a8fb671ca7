import TestThreads
import Testing
import Federation

@Suite("Clients that fail to take part by chance", .holdsItsThread)
struct ParticipationTests {
    private func engine(
        clients: Int, rounds: Int, cohort: Int? = nil, over: Double = 1, minimum: Int = 1,
        seed: UInt64 = 1, evaluates: Bool = false, _ participation: Participation
    ) -> RoundEngine {
        RoundEngine(
            .init(
                population: clients, rounds: rounds, evaluatesClients: evaluates, seed: seed,
                cohortSize: cohort, overSelection: over, minimumClients: minimum,
                participation: participation))
    }

    private func isLost(_ part: RoundRecord.Client, _ when: String) -> Bool {
        part.failure == ClientFailure(.absence, reason: "it dropped out \(when) training")
    }

    /// Of 100,000: 30,000 unavailable, 14,000 out before, 5,600 after; 4 standard deviations.
    @Test("As often as their probabilities say, each client and round for itself")
    func frequencies() {
        let participation = Participation(availability: 0.7, dropoutBefore: 0.2, dropoutAfter: 0.1)
        func fates(seed: UInt64, attempt: Int = 1) -> [Participation.Fate] {
            (0..<1000).flatMap { client in
                (1...100).map { round in
                    participation.fate(of: client, seed: seed, round: round, attempt: attempt)
                }
            }
        }
        let found = fates(seed: 1)
        func count(_ fate: Participation.Fate) -> Int { found.count { $0 == fate } }
        #expect(abs(count(.unavailable) - 30_000) < 580)
        #expect(abs(count(.dropsOutBefore) - 14_000) < 440)
        #expect(abs(count(.dropsOutAfter) - 5_600) < 300)
        #expect(abs(count(.takesPart) - 50_400) < 640)
        #expect(fates(seed: 1) == found)
        #expect(fates(seed: 2) != found)
        #expect(fates(seed: 1, attempt: 2) != found)
        let certain = Participation()
        #expect(certain.isCertain)
        #expect(
            (0..<1000).allSatisfy {
                certain.fate(of: $0, seed: 1, round: 1, attempt: 1) == .takesPart
            })
    }

    @Test("Stragglers are as many as their fraction says, and train 1 to E epochs, all as likely")
    func stragglers() {
        let stragglers = Stragglers(fraction: 0.3, seed: 5)
        var counts = [Int](repeating: 0, count: 5)
        var straggling = 0
        for client in 0..<1000 {
            for round in 1...100 {
                let epochs = stragglers.epochs(of: 4.5, client: client, round: round)
                #expect(
                    stragglers.contains(client, round: round) == (epochs < 4.5),
                    "client \(client), round \(round)")
                if epochs < 4.5 {
                    straggling += 1
                    counts[Int(epochs)] += 1
                }
            }
        }
        // Of 100,000: 30,000, of whom a quarter each; 4 standard deviations.
        #expect(abs(straggling - 30_000) < 580)
        #expect(counts[0] == 0)
        for count in counts[1...] { #expect(abs(count - straggling / 4) < 310) }
        let others = Stragglers(fraction: 0.3, seed: 6)
        #expect(
            (0..<1000).contains {
                others.contains($0, round: 1) != stragglers.contains($0, round: 1)
            })
        // Nobody, everybody, and less than an epoch.
        for client in 0..<100 {
            #expect(!Stragglers(fraction: 0, seed: 5).contains(client, round: 1))
            let all = Stragglers(fraction: 1, seed: 5)
            #expect(all.contains(client, round: 1))
            #expect(all.epochs(of: 1, client: client, round: 1) == 1)
            #expect(all.epochs(of: 0.25, client: client, round: 1) == 0.25)
        }
    }

    @Test("Stragglers that are dropped are those that there are, drawn anew with the round")
    func droppedStragglers() {
        let stragglers = Stragglers(fraction: 0.5, seed: 3)
        let participation = Participation(dropped: stragglers)
        #expect(!participation.isCertain)
        #expect(Participation(dropped: Stragglers(fraction: 0, seed: 3)).isCertain)
        for client in 0..<200 {
            let fate = participation.fate(of: client, seed: 9, round: 2, attempt: 1)
            #expect(
                (fate == .dropsOutBefore) == stragglers.contains(client, round: 2))
        }
        #expect(
            (0..<200).contains {
                participation.fate(of: $0, seed: 9, round: 2, attempt: 1)
                    != participation.fate(of: $0, seed: 9, round: 2, attempt: 2)
            })
        // Three clients, of whom all are late in one round of eight: it is begun anew.
        var engine = engine(clients: 3, rounds: 100, participation)
        _ = engine.drive { _ in 0.5 }
        #expect(engine.outcome == .completed)
        for fraction in [-0.5, 1.5, .nan] {
            let participation = Participation(dropped: Stragglers(fraction: fraction, seed: 1))
            let problem = RoundEngine.Configuration(
                population: 3, rounds: 1, participation: participation
            ).problem
            #expect(
                problem?.description
                    == "a share of stragglers of \(fraction) is no probability that a run can have")
        }
    }

    @Test("Those who drop out before are not trained, those who do after are not counted")
    func dropouts() {
        let participation = Participation(dropoutBefore: 0.3, dropoutAfter: 0.2)
        for evaluates in [false, true] {
            var engine = engine(
                clients: 100, rounds: 200, cohort: 10, evaluates: evaluates, participation)
            let effects = engine.drive { _ in 0.5 }
            #expect(engine.outcome == .completed)
            #expect(effects.rejections.isEmpty)
            let parts = engine.records.flatMap(\.clients)
            #expect(engine.records.allSatisfy { $0.clients.count == 10 })
            let before = parts.count { isLost($0, "before") }
            let after = parts.count { isLost($0, "after") }
            let counted = parts.count { $0.sampleCount != nil && $0.failure == nil }
            #expect(before + after + counted == 2000)
            // 600, 280 and 1,120 are expected.
            #expect(abs(before - 600) < 85)
            #expect(abs(after - 280) < 65)
            #expect(effects.trainings == after + counted)
            #expect(parts.allSatisfy { ($0.evaluation != nil) == (evaluates && $0.failure == nil) })
            #expect(parts.allSatisfy { $0.failure == nil || $0.sampleCount == nil })
        }
    }

    @Test("Clients that are not available are passed over: the cohort is full")
    func availability() {
        var engine = engine(clients: 50, rounds: 40, cohort: 8, Participation(availability: 0.4))
        engine.drive { _ in 0.5 }
        #expect(engine.records.count == 40)
        #expect(
            engine.records.allSatisfy { record in
                record.clients.count == 8 && record.clients.allSatisfy { $0.failure == nil }
            })
        // Fewer are there than a round is meant for: it has those.
        var few = self.engine(clients: 20, rounds: 40, cohort: 18, Participation(availability: 0.5))
        few.drive { _ in 0.5 }
        let sizes = few.records.map(\.clients.count)
        #expect(sizes.count == 40)
        #expect(sizes.allSatisfy { $0 < 18 } && Set(sizes).count > 3, "\(sizes)")
    }

    @Test("Over-selection makes up for drop-outs, and spares whoever is not needed")
    func overSelection() {
        let participation = Participation(dropoutBefore: 0.15, dropoutAfter: 0.15)
        var counts: [Int] = []
        for over in [1, 2] as [Double] {
            var engine = engine(clients: 60, rounds: 100, cohort: 10, over: over, participation)
            let effects = engine.drive { _ in 0.5 }
            let updates = engine.records.map { $0.clients.count { $0.sampleCount != nil } }
            #expect(updates.allSatisfy { $0 <= 10 })
            counts.append(updates.count { $0 == 10 })
            let lost = engine.records.flatMap(\.clients).count { isLost($0, "after") }
            #expect(effects.trainings == updates.reduce(0, +) + lost)
            #expect(effects.rejections.isEmpty)
        }
        #expect(counts[0] < 20)
        #expect(counts[1] > 90)
    }

    @Test("With too few updates a round is drawn again, and the record has the last draw only")
    func drawnAgain() {
        var engine = engine(
            clients: 40, rounds: 20, cohort: 10, minimum: 7, Participation(dropoutAfter: 0.45))
        let effects = engine.drive { _ in 0.5 }
        #expect(engine.outcome == .completed)
        #expect(effects.abandonments > 20)
        #expect(effects.rejections.isEmpty)
        for record in engine.records {
            #expect(record.clients.count == 10)
            #expect(record.clients.count { $0.sampleCount != nil } >= 7)
        }
        // The same again, and from any committed round.
        var again = RoundEngine(engine.configuration)
        let repeated = again.drive { _ in 0.5 }
        #expect(repeated == effects)
        var resumed = RoundEngine(engine.configuration, resuming: Array(engine.records.prefix(8)))
        resumed.drive { _ in 0.5 }
        #expect(resumed.records == engine.records)
    }

    @Test("After a hundred draws the run fails, and says why")
    func givenUp() {
        var alone = engine(clients: 3, rounds: 2, minimum: 2, Participation(availability: 1e-9))
        let effects = alone.drive { _ in 0.5 }
        #expect(effects.abandonments == 99)
        #expect(alone.attempt == 100)
        #expect(
            alone.outcome?.description
                == "failed: round 1: 100 times fewer than 2 clients took part")
        #expect(alone.records.isEmpty)
        var lost = engine(clients: 3, rounds: 2, minimum: 3, Participation(dropoutAfter: 0.999))
        let trained = lost.drive { _ in 0.5 }.trainings
        #expect(trained == 300)
        #expect(
            lost.outcome?.description
                == "failed: round 1: 100 times fewer than 3 clients took part")
    }
}
