import Compression
import Federation
import Parameters
import Privacy
import TestThreads
import Testing

@Suite("Parts that stay each client's own", .holdsItsThread)
struct KeptPartsTests {
    private let parts = KeptParts([1..<3, 4..<100])
    private let model = ParameterVector([0, 1, 2, 3, 4, 5])
    private let trained = ParameterVector([10, 11, 12, 13, 14, 15])

    @Test("A client begins with the global model, but for what it has kept")
    func start() throws {
        let strategy = Strategy("Own", transforms: [parts])
        var state = FederationState(model: model)
        #expect(strategy.start(for: 7, in: state).isIdentical(to: model))
        let (contribution, sent) = try strategy.contribution(
            of: ModelUpdate(client: 7, round: 1, sampleCount: 5, parameters: trained),
            after: state, work: LocalWork(steps: 1, learningRate: 0.1))
        // All of it leaves the client; the parts stay there, too, and nothing else does.
        #expect(sent.vector.values == [10, 10, 10, 10, 10, 10])
        let kept = try #require(contribution.clientState[KeptParts.kept])
        #expect(kept.values == [0, 11, 12, 0, 14, 15])
        state.clients[7] = contribution.clientState
        state.model = ParameterVector([100, 101, 102, 103, 104, 105])
        #expect(strategy.start(for: 7, in: state).values == [100, 11, 12, 103, 14, 15])
        #expect(strategy.start(for: 8, in: state).isIdentical(to: state.model))
        // Of a model of another length nothing is taken.
        let other = ParameterVector([1, 2])
        #expect(strategy.start(from: other, own: state.clients[7] ?? [:]).isIdentical(to: other))
        #expect(Strategy.fedAvg.start(for: 7, in: state).isIdentical(to: state.model))
    }

    @Test("What it does not go with is told in a sentence")
    func problems() {
        func problem(_ strategy: Strategy, _ transforms: [any UpdateTransform]) -> String? {
            var strategy = strategy
            strategy.transforms = transforms + strategy.transforms
            return strategy.problem
        }
        #expect(
            problem(.scaffold(), [parts])
                == "SCAFFOLD: control variates are a client's steps from the global model, and with "
                + "local-statistics parts of the model begin with the client's own: take another "
                + "strategy")
        #expect(
            problem(.fedNova(), [parts])
                == "FedNova: changes are divided by the steps that they took from the global model, "
                + "and with local-statistics parts of the model begin with the client's own: take "
                + "another strategy")
        #expect(
            problem(.fedAvg, [parts, TopK(fraction: 0.1)])
                == "FedAvg: topk:0.1 adds up over rounds what it has left out, and with "
                + "local-statistics the same difference comes again each round: take one of the two"
        )
        #expect(
            problem(.fedAvg, [ClipUpdate(norm: 1), parts])
                == "FedAvg: local-statistics keeps what training has left, and has to come before "
                + "clip:1.0")
        for strategy in [Strategy.fedAvg, .fedProx(mu: 1), .fedAvgM(), .median] {
            #expect(problem(strategy, [parts]) == nil)
            #expect(problem(strategy, [parts, ClipUpdate(norm: 1)]) == nil)
        }
    }
}
