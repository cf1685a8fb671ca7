import Federation
import TensorBoard
import Testing

@Suite("What TensorBoard is shown of rounds")
struct RoundScalarsTests {
    private func scalars(_ round: CommittedRound) -> [String: Float] {
        Dictionary(uniqueKeysWithValues: RoundScalars(round).values.map { ($0.tag, $0.value) })
    }

    @Test("Every number has its tag")
    func tags() {
        #expect(
            scalars(Rounds.plain(3)) == [
                "server/accuracy": 0.75, "server/loss": 0.5, "metrics/kept share": 0.25,
                "clients/accuracy/mean": 0.5, "clients/accuracy/min": 0.25,
                "clients/accuracy/max": 0.75, "clients/loss/mean": 1.5, "clients/loss/min": 1,
                "clients/loss/max": 2, "client/0/accuracy": 0.25, "client/0/loss": 2,
                "client/2/accuracy": 0.75, "client/2/loss": 1, "client/2/update_norm": 4,
                "clients/update_norm/mean": 4, "clients/update_norm/min": 4,
                "clients/update_norm/max": 4, "round/participants": 2, "round/seconds": 1.5,
            ])
        #expect(RoundScalars(Rounds.plain(3)).round == 3)
    }

    @Test("What is no number, or too large for one, is left out")
    func notFinite() {
        var round = Rounds.plain(1)
        round.record.global = Evaluation(accuracy: 0.5, loss: .nan, count: 8)
        round.record.clients[0].evaluation = Evaluation(accuracy: 0.5, loss: .infinity, count: 8)
        round.record.clients[1].evaluation?.loss = 1e300
        round.metrics = ["share": -.infinity]
        let found = scalars(round)
        #expect(found["server/accuracy"] == 0.5)
        for tag in [
            "server/loss", "metrics/share", "client/0/loss", "client/2/loss", "clients/loss/mean",
            "clients/loss/max",
        ] {
            #expect(found[tag] == nil, "\(tag)")
        }
        round.record = RoundRecord(round: 1, clients: [], global: nil)
        #expect(scalars(round) == ["round/participants": 0, "round/seconds": 1.5])
    }

    @Test("Of many clients the first twenty have curves of their own")
    func many() {
        var round = Rounds.plain(1)
        round.record.clients = (0..<30).map {
            RoundRecord.Client(
                client: $0, sampleCount: 5,
                evaluation: Evaluation(accuracy: Double($0), loss: 1, count: 1))
        }
        let found = scalars(round)
        #expect(found.keys.filter { $0.hasPrefix("client/") }.count == 2 * 20)
        #expect(found["client/19/accuracy"] == 19)
        #expect(found["client/20/accuracy"] == nil)
        #expect(found["clients/accuracy/max"] == 29)
        #expect(found["round/participants"] == 30)
    }

    @Test("A log of rounds has the scalars that the rounds had")
    func log() {
        var log = RunLog(clientNumber: 3, experiment: 1, maxRound: 3)
        var rounds = (1...3).map(Rounds.plain)
        rounds[0].record.clients[0].evaluation = Evaluation(accuracy: 0.5, loss: .nan, count: 8)
        rounds[1].record.clients[0] = RoundRecord.Client(
            client: 1, sampleCount: nil, failure: ClientFailure(.absence, reason: "it is away"))
        rounds[1].metrics = ["another": 3]
        rounds[2].record.global = nil
        for round in rounds { log.append(round) }
        #expect(RoundScalars.all(of: log) == rounds.map { RoundScalars($0) })
    }

    @Test("Where numbers are predicted, what stands for accuracy is R²")
    func regression() {
        let tags = RoundScalars(Rounds.plain(1), score: .r2).values.map(\.tag)
        #expect(tags.contains("server/r2") && tags.contains("clients/r2/mean"))
        #expect(!tags.contains { $0.contains("accuracy") })
    }
}

/// Rounds of two clients.
enum Rounds {
    static func plain(_ number: Int) -> CommittedRound {
        CommittedRound(
            record: RoundRecord(
                round: number,
                clients: [
                    RoundRecord.Client(
                        client: 0, sampleCount: 10,
                        evaluation: Evaluation(accuracy: 0.25, loss: 2, count: 8)),
                    RoundRecord.Client(
                        client: 2, sampleCount: 10,
                        evaluation: Evaluation(accuracy: 0.75, loss: 1, count: 8), updateNorm: 4),
                ], global: Evaluation(accuracy: 0.75, loss: 0.5, count: 8)),
            seconds: 1.5, metrics: ["kept share": 0.25])
    }

    static func scalars(_ numbers: ClosedRange<Int>) -> [RoundScalars] {
        numbers.map { RoundScalars(plain($0)) }
    }
}
