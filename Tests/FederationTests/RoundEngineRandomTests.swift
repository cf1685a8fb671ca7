import Federation
import Parameters
import TestThreads
import Testing

/// A driver that hands the engine events in random order and watches what it asks for.
private struct RandomDriver {
    var engine: RoundEngine
    var random: RandomStream
    var waiting: [RoundEngine.Event] = []
    /// Clients whose update is in the aggregate, and those it may still get one of.
    var folded: Set<Int> = []
    var accepted: Set<Int> = []
    var closed: Set<Int> = []
    var committed = 0
    var extended = 0
    var finished = false
    var violations: [String] = []

    init(_ configuration: RoundEngine.Configuration, seed: UInt64) {
        engine = RoundEngine(configuration)
        random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
    }

    mutating func expect(_ holds: Bool, _ what: String) {
        if !holds { violations.append(what) }
    }

    mutating func handle(_ event: RoundEngine.Event) {
        let configuration = engine.configuration
        let effects = engine.handle(event)
        expect(!finished || effects.allSatisfy(\.isRejection), "something came after the end")
        for effect in effects {
            switch effect {
            case .openRound(let round, let cohort):
                expect(round == committed + 1, "round \(round) opened after \(committed)")
                expect(cohort.count <= configuration.places, "too many in a cohort")
                expect(
                    cohort.allSatisfy(engine.roster.contains), "one is chosen that is not there")
                expect(cohort.count >= configuration.minimumClients, "too few in a cohort")
                folded = []
                accepted = []
            case .train(let client, let round):
                expect(!folded.contains(client), "client \(client) is asked again")
                waiting.append(
                    .updateReceived(client: client, round: round, sampleCount: client + 1))
                if random.next(below: 3) == 0 {
                    waiting.append(
                        .updateReceived(client: client, round: round, sampleCount: client + 1))
                }
                if random.next(below: 6) == 0 {
                    waiting.append(
                        .clientFailed(
                            client: client, round: round, failure: .init(.absence, reason: "tired"))
                    )
                }
            case .accept(let client, let round):
                expect(accepted.insert(client).inserted, "client \(client) is accepted twice")
                if random.next(below: 8) == 0 {
                    accepted.remove(client)
                    waiting.append(
                        .updateRefused(
                            client: client, round: round, failure: .init(.absence, reason: "bad")))
                } else {
                    waiting.append(.updateFolded(client: client, round: round))
                }
            case .evaluateClient(let client, let round):
                expect(folded.insert(client).inserted, "client \(client) is folded twice")
                waiting.append(
                    .clientEvaluated(
                        client: client, round: round,
                        Evaluation(accuracy: 0.5, loss: 0.5, count: client + 1)))
            case .aggregate:
                expect(folded.count >= configuration.minimumClients, "closed with too few")
                expect(folded.count <= configuration.goal, "closed with too many")
                expect(folded == accepted, "closed while an update was being folded")
                closed = folded
            case .evaluateGlobal(let round):
                waiting.append(
                    .globalEvaluated(round: round, Evaluation(accuracy: 0.5, loss: 1, count: 1)))
            case .commit(let record):
                let counted = record.clients.filter { $0.sampleCount != nil }.map(\.client)
                expect(Set(counted) == closed, "the record counts others than the sum")
                expect(Set(counted).count == counted.count, "a client is counted twice")
                expect(
                    record.clients.map(\.client) == record.clients.map(\.client).sorted(),
                    "the record is not in order")
                expect(record.round == committed + 1, "round \(record.round) is out of order")
                committed += 1
            case .abandon(let round): violations.append("round \(round) is abandoned")
            case .extendRound(let round, let updates):
                expect(round == committed + 1, "round \(round) goes on after \(committed)")
                expect(updates == folded.count, "\(updates) of \(folded.count) updates")
                expect(updates < configuration.minimumClients, "it could have closed")
                extended += 1
            case .finish: finished = true
            case .reject, .awaitClients: break
            }
        }
        expect(
            engine.isExtended || engine.pendingClients.count <= configuration.places,
            "more clients than places")
        expect(engine.hasPendingClients == !engine.pendingClients.isEmpty, "counted wrongly")
    }

    /// Something of no order: clients come and go, time passes, strangers call.
    mutating func disturb() {
        let client = random.next(in: -1...engine.configuration.population)
        let round = max(1, engine.currentRound + random.next(in: -1...1))
        switch random.next(below: 8) {
        case 0, 1, 2: handle(.clientJoined(client: client))
        case 3, 4: handle(.clientLost(client: client, reason: "no heartbeat"))
        case 5: handle(.deadlinePassed(round: round))
        case 6: handle(.updateReceived(client: client, round: round, sampleCount: 1))
        default: handle(.begin)
        }
    }

    mutating func step() {
        guard !waiting.isEmpty else { return }
        handle(waiting.remove(at: random.next(below: waiting.count)))
    }
}

extension RoundEngine.Effect {
    fileprivate var isRejection: Bool { if case .reject = self { true } else { false } }
}

@Suite("The round engine under random events", .holdsItsThread)
struct RoundEngineRandomTests {
    @Test("Whatever happens, a round has its minimum, its goal and each client once; and it ends")
    func invariants() {
        var extended = 0
        var rounds = 0
        for seed in UInt64(1)...600 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .selection))
            let clients = random.next(in: 1...9)
            let cohort = random.next(in: 1...clients)
            let goal = random.next(in: 1...cohort)
            let configuration = RoundEngine.Configuration(
                population: clients, rounds: random.next(in: 1...4), seed: seed,
                cohortSize: cohort, overSelection: random.nextUniform(1, 2), goal: goal,
                minimumClients: random.next(in: 1...goal), waitsForClients: true,
                roundDeadlineSeconds: random.next(below: 2) == 0 ? nil : 60)
            var driver = RandomDriver(configuration, seed: seed)
            for _ in 0..<300 {
                if random.next(below: 4) == 0 { driver.disturb() } else { driver.step() }
            }
            // From here on all clients are there and time passes only when nothing else happens.
            driver.handle(.begin)
            var patience = 400
            while !driver.finished, patience > 0 {
                for client in 0..<clients { driver.handle(.clientJoined(client: client)) }
                while !driver.waiting.isEmpty { driver.step() }
                driver.handle(.deadlinePassed(round: driver.engine.currentRound))
                patience -= 1
            }
            #expect(driver.violations == [], "seed \(seed): \(configuration)")
            #expect(driver.engine.outcome == .completed, "seed \(seed): \(configuration)")
            #expect(driver.committed == configuration.rounds, "seed \(seed)")
            extended += driver.extended
            rounds += driver.committed
        }
        // The random events reach what is tested.
        #expect(extended > 100)
        #expect(rounds > 1000)
    }

    @Test("Order within a round changes neither record nor outcome", arguments: [UInt64](1...60))
    func order(seed: UInt64) {
        // Each client's fate in a round is the seed's: it reports, fails, or vanishes for good.
        func run(_ order: UInt64) -> RoundEngine {
            var random = RandomStream(RandomKey(seed: order, purpose: .benchmark))
            var engine = RoundEngine(
                .init(
                    population: 14, rounds: 4, seed: seed, cohortSize: 6, minimumClients: 2,
                    waitsForClients: true, roundDeadlineSeconds: 60))
            var waiting: [RoundEngine.Event] = [.begin]
            waiting += (0..<14).map { .clientJoined(client: $0) }
            while true {
                if waiting.isEmpty {
                    guard let round = engine.openRound else { return engine }
                    waiting.append(.deadlinePassed(round: round))
                }
                let event = waiting.remove(at: random.next(below: waiting.count))
                for effect in engine.handle(event) {
                    switch effect {
                    case .train(let client, let round):
                        waiting.append(fate(client, round))
                    case .accept(let client, let round):
                        waiting.append(.updateFolded(client: client, round: round))
                    case .evaluateClient(let client, let round):
                        waiting.append(
                            .clientEvaluated(
                                client: client, round: round,
                                Evaluation(accuracy: 0.1, loss: Double(client), count: round)))
                    case .evaluateGlobal(let round):
                        waiting.append(
                            .globalEvaluated(
                                round: round, Evaluation(accuracy: 0.2, loss: 1, count: round)))
                    default: break
                    }
                }
            }
        }
        func fate(_ client: Int, _ round: Int) -> RoundEngine.Event {
            var random = RandomStream(
                RandomKey(seed: seed, purpose: .generation, client: client, round: round))
            switch random.next(below: 20) {
            case 0, 1: return .clientLost(client: client, reason: "it hung up")
            case 2, 3:
                return .clientFailed(
                    client: client, round: round, failure: .init(.absence, reason: "tired"))
            case 4 where seed % 3 == 0:
                return .clientFailed(
                    client: client, round: round, failure: .init(.divergence, reason: "NaN"))
            default:
                return .updateReceived(client: client, round: round, sampleCount: 10 + 10 * client)
            }
        }
        let expected = run(1)
        #expect(expected.outcome != nil, "seed \(seed)")
        for order in UInt64(2)...12 {
            let found = run(order)
            #expect(found.records == expected.records, "seed \(seed), order \(order)")
            #expect(found.outcome == expected.outcome, "seed \(seed), order \(order)")
        }
    }
}
