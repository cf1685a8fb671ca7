import Federation
import Parameters
import RankTraining
import TestThreads
import Testing

@Suite("Messages between ranks", .holdsItsThread)
struct RankMessageTests {
    private static let vectors: [ParameterVector] = [
        ParameterVector([]), ParameterVector([0, -0.0, .leastNonzeroMagnitude, .infinity]),
        ParameterVector([.nan, -3]),
    ]

    @Test("A contribution arrives with every bit", arguments: [true, false])
    func contribution(isChange: Bool) {
        for vector in Self.vectors {
            let sent = Contribution(
                client: 7, round: 1 << 40, sampleCount: 600, weight: 3,
                value: isChange ? .change(vector) : .model(vector),
                extras: [.init("c", weight: 1, vector), .init("Zweites, ü", weight: 9, vector)],
                numbers: ["a": 0.1, "b": .infinity],
                clientState: ["rest": vector, "": ParameterVector([1])])
            let come = Contribution(bytes: sent.bytes)
            #expect(come.client == sent.client && come.round == sent.round)
            #expect(come.sampleCount == sent.sampleCount && come.weight == sent.weight)
            #expect(come.value == sent.value)
            #expect(come.extras.map(\.name) == sent.extras.map(\.name))
            #expect(come.extras.map(\.weight) == sent.extras.map(\.weight))
            #expect(come.extras.map(\.vector) == sent.extras.map(\.vector))
            #expect(come.numbers == sent.numbers)
            #expect(come.clientState == sent.clientState)
        }
    }

    @Test("A report arrives with all that it says of clients")
    func report() {
        var sent = TrainingReport()
        for isStopped in [false, true] {
            sent.isStopped = isStopped
            let come = TrainingReport(bytes: sent.bytes)
            #expect(come.isStopped == isStopped)
            #expect(come.clients.count == sent.clients.count)
            for (found, expected) in zip(come.clients, sent.clients) {
                #expect(found.client == expected.client)
                #expect(found.sampleCount == expected.sampleCount)
                #expect(found.clientState == expected.clientState)
                #expect(found.evaluation == expected.evaluation)
                #expect(found.failure == expected.failure)
                #expect(found.isRefused == expected.isRefused)
                #expect(found.seconds == expected.seconds)
                #expect(found.evaluationSeconds == expected.evaluationSeconds)
                #expect(found.classCounts == expected.classCounts)
                #expect(found.change == expected.change)
            }
            sent.clients = [
                ClientReport(client: 0, sampleCount: 1),
                ClientReport(
                    client: 5, sampleCount: 2, clientState: ["c": Self.vectors[1]],
                    evaluation: Evaluation(accuracy: 0.25, loss: .infinity, count: 4),
                    failure: ClientFailure(.absence, reason: "it is über alle Berge"),
                    isRefused: true, seconds: 0.1, evaluationSeconds: 0.2,
                    classCounts: [3, 0, 1], change: ChangeMeasure(norm: 1.5, cosine: -0.1)),
                ClientReport(client: 6, sampleCount: 2, change: ChangeMeasure(norm: 0)),
            ]
        }
    }
}
