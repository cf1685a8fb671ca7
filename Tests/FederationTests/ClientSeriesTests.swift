import Federation
import Foundation
import Parameters
import TestThreads
import Testing

/// Logs of runs in which cohorts of many clients take part.
@Suite("A log holds what there is", .holdsItsThread)
struct ClientSeriesTests {
    /// Rounds of random cohorts: some fail, some are not tested, some tests are no numbers.
    private static func rounds(
        _ count: Int, population: Int, cohort: Int, seed: UInt64
    ) -> [CommittedRound] {
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        return (1...count).map { number in
            var ids: Set<Int> = []
            while ids.count < cohort { ids.insert(random.next(below: population)) }
            var counts: [Int: [Int]] = [:]
            let clients = ids.sorted().map { id in
                guard random.next(below: 10) > 0 else {
                    return RoundRecord.Client(
                        client: id, sampleCount: nil,
                        failure: ClientFailure(.absence, reason: "away"))
                }
                counts[id] = (0..<10).map { _ in random.next(below: 100) }
                let loss = random.next(below: 50) == 0 ? Double.nan : random.nextUniform()
                return RoundRecord.Client(
                    client: id, sampleCount: 600 + id % 7,
                    evaluation: random.next(below: 4) == 0
                        ? nil : Evaluation(accuracy: random.nextUniform(), loss: loss, count: 10),
                    // Nobody has a direction in the first round, and some have none later.
                    updateNorm: random.next(below: 50) == 0 ? nil : random.nextUniform(),
                    updateCosine: number == 1 || random.next(below: 50) == 0
                        ? nil : random.nextUniform())
            }
            return CommittedRound(
                record: RoundRecord(
                    round: number, clients: clients,
                    global: Evaluation(accuracy: 0.5, loss: 1, count: 10)),
                classCounts: counts, seconds: 1)
        }
    }

    private static func log(_ rounds: [CommittedRound], population: Int) -> RunLog {
        var log = RunLog(clientNumber: population, experiment: 1, maxRound: rounds.count)
        for round in rounds { log.append(round) }
        return log
    }

    /// What the rounds say of each client that was in any of them.
    private static func expected(_ rounds: [CommittedRound]) -> [Int: [ClientRound]] {
        var parts: [Int: [ClientRound]] = [:]
        for round in rounds {
            for client in round.record.clients {
                let part = ClientRound(
                    round: round.record.round, accuracy: client.evaluation?.accuracy,
                    loss: client.evaluation.flatMap { $0.loss.isFinite ? $0.loss : nil },
                    samples: client.sampleCount ?? 0,
                    classCounts: round.classCounts[client.client] ?? [],
                    updateNorm: client.updateNorm, updateCosine: client.updateCosine)
                parts[client.client, default: []] += client.sampleCount == nil ? [] : [part]
            }
        }
        return parts
    }

    private static func keys(_ log: RunLog) -> [String] {
        String(decoding: log.encoded(), as: UTF8.self).split(separator: "\n").compactMap { line in
            line.hasPrefix("\"") ? String(line.dropFirst().prefix { $0 != "\"" }) : nil
        }
    }

    /// Both forms, and the change from one to the other in mid-run.
    @Test(
        "Each client's rounds are those that it had a part in, and come back as they were",
        arguments: [
            (5, 5, 40), (100, 10, 30), (300, 40, 300), (2000, 10, 400), (1000, 400, 150),
            (3000, 1, 500), (50_000, 100, 40),
        ])
    func parts(population: Int, cohort: Int, count: Int) throws {
        let rounds = Self.rounds(count, population: population, cohort: cohort, seed: 5)
        let log = Self.log(rounds, population: population)
        let expected = Self.expected(rounds)
        #expect(log.clientIDs == expected.keys.sorted())
        for client in log.clientIDs { #expect(log.rounds(of: client) == expected[client]) }
        #expect(log.rounds(of: population + 1).isEmpty)
        let isLarge = log.clientIDs.count * count > 100_000
        #expect(log.holdsPartsOnly == (isLarge && cohort < log.clientIDs.count / 2))
        #expect(Self.keys(log).contains("clients_rounds") == log.holdsPartsOnly)
        let back = try RunLog(decoding: log.encoded())
        #expect(back == log)
        #expect(back.holdsPartsOnly == log.holdsPartsOnly)
        for client in log.clientIDs { #expect(back.rounds(of: client) == expected[client]) }
        // The lists, in either form.
        let (accuracies, losses) = (log.clientAccuracies, log.clientLosses)
        let (samples, counts) = (log.clientSamples, log.clientClassCounts)
        let (norms, cosines) = (log.clientUpdateNorms, log.clientUpdateCosines)
        #expect(samples.count == expected.count)
        for (client, parts) in expected {
            var lists = (
                accuracies: [Double?](repeating: nil, count: count),
                losses: [Double?](repeating: nil, count: count),
                samples: [Int](repeating: 0, count: count),
                counts: [[Int]](repeating: [], count: count),
                norms: [Double?](repeating: nil, count: count),
                cosines: [Double?](repeating: nil, count: count)
            )
            for part in parts {
                lists.accuracies[part.round - 1] = part.accuracy
                lists.losses[part.round - 1] = part.loss
                lists.samples[part.round - 1] = part.samples
                lists.counts[part.round - 1] = part.classCounts
                lists.norms[part.round - 1] = part.updateNorm
                lists.cosines[part.round - 1] = part.updateCosine
            }
            #expect(accuracies[client] == lists.accuracies)
            #expect(losses[client] == lists.losses)
            #expect(samples[client] == lists.samples)
            #expect(counts[client] == lists.counts)
            #expect(norms[client] == lists.norms)
            #expect(cosines[client] == lists.cosines)
        }
    }

    @Test("Lists that are changed are whole, and so is the log then")
    func changed() throws {
        let rounds = Self.rounds(60, population: 20_000, cohort: 100, seed: 6)
        let log = Self.log(rounds, population: 20_000)
        #expect(log.holdsPartsOnly)
        var whole = log
        whole.clientAccuracies = log.clientAccuracies
        #expect(!whole.holdsPartsOnly)
        #expect(whole != log)
        #expect(whole.clientIDs == log.clientIDs)
        for client in log.clientIDs {
            #expect(whole.rounds(of: client) == log.rounds(of: client))
        }
        // What logs of earlier versions hold is read as ever.
        let text = whole.encoded()
        #expect(text.count > 3 * log.encoded().count)
        #expect(try RunLog(decoding: text) == whole)
        #expect(log.withoutSeries == whole.withoutSeries)
        #expect(log.withoutSeries.clientIDs.isEmpty)
    }

    @Test("Of 100,000 clients, 100 a round, 1,000 rounds make a log of megabytes")
    func size() throws {
        let rounds = Self.rounds(1000, population: 100_000, cohort: 100, seed: 7)
        let log = Self.log(rounds, population: 100_000)
        let clients = log.clientIDs.count
        #expect(clients > 60_000)
        var bytes = 0
        var largest = 0
        log.write { (chunk: [UInt8]) throws(Never) in
            bytes += chunk.count
            largest = max(largest, chunk.count)
        }
        // A byte for each place of whole lists would be four times `clients` thousand.
        #expect(bytes < 20_000_000, "\(bytes)")
        // It goes to the file in pieces.
        #expect(largest < 2 << 20, "\(largest)")
    }

    @Test("Parts that make no sense are refused")
    func malformed() throws {
        func text(_ parts: String, accuracies: String = "{}") -> [UInt8] {
            let text = """
                {"client number": 9, "experiment": 1, "max round": 3, "clients acc": \(accuracies),
                "clients_rounds": \(parts), "server acc": [0.5, 0.5], "final weight": null}
                """
            return [UInt8](text.utf8)
        }
        let whole = try RunLog(
            decoding: text(
                #"{"4": {"rounds": [1, 2], "samples": [5, 0], "acc": [null, 0.5]}, "7": "#
                    + #"{"rounds": [], "samples": []}}"#))
        #expect(whole.clientIDs == [4, 7])
        #expect(whole.rounds(of: 4).map(\.accuracy) == [nil, 0.5])
        #expect(whole.rounds(of: 7).isEmpty)
        #expect(try RunLog(decoding: whole.encoded()) == whole)
        let error = RunLogError.wrongValue(
            key: "clients_rounds",
            expected: "lists as long as their ascending \"rounds\" by client, each once, "
                + "in place of the other lists by client")
        for parts in [
            #"{"x": {"rounds": [1], "samples": [5]}}"#, #"{"4": {"samples": [5]}}"#,
            #"{"4": {"rounds": [1]}}"#, #"{"4": [1]}"#,
            #"{"4": {"rounds": [1], "samples": [5], "acc": []}}"#,
            #"{"4": {"rounds": [1], "samples": [5], "loss": ["x"]}}"#,
            #"{"4": {"rounds": [1], "samples": [5], "class_counts": [5]}}"#,
            #"{"4": {"rounds": [2, 1], "samples": [5, 5]}}"#,
            #"{"4": {"rounds": [1, 1], "samples": [5, 5]}}"#,
            #"{"4": {"rounds": [0], "samples": [5]}}"#, #"{"4": {"rounds": [3], "samples": [5]}}"#,
            #"{"4": {"rounds": [1.5], "samples": [5]}}"#,
            #"{"4": {"rounds": [9223372036854775807], "samples": [5]}}"#,
            #"{"4": {"rounds": [1], "samples": [5]}, "04": {"rounds": [], "samples": []}}"#,
        ] {
            #expect(throws: error, "\(parts)") { try RunLog(decoding: text(parts)) }
        }
        #expect(throws: error) {
            try RunLog(
                decoding: text(
                    #"{"4": {"rounds": [1], "samples": [5]}}"#, accuracies: #"{"4": [0.5, 0.5]}"#))
        }
        #expect(throws: RunLogError.self) { try RunLog(decoding: text("3")) }
    }
}
