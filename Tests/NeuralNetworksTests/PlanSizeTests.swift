import NeuralNetworks
import TestThreads
import Testing

@Suite("Sizes of plans that are not made", .holdsItsThread)
struct PlanSizeTests {
    @Test("… are what plans have that are", arguments: NamedModel.allCases)
    func sizes(model: NamedModel) throws {
        for (height, width) in [(28, 28), (33, 40)] {
            let architecture = try model.architecture(
                input: .image(height: height, width: width, channels: 1))
            for engine in Engine.allCases {
                for (purpose, batch) in [
                    (Plan.Purpose.training, 1), (.training, 8), (.training, 32), (.training, 100),
                    (.inference, 32), (.inference, 77),
                ] {
                    let plan = Plan(
                        architecture, batchSize: batch, purpose: purpose, engine: engine)
                    let bytes = Plan.byteCount(
                        architecture, batchSize: batch, purpose: purpose, engine: engine)
                    #expect(bytes == 4 * plan.arena.count, "\(engine) \(purpose) \(batch)")
                    #expect(
                        Plan.leastByteCount(architecture, batchSize: batch) <= Double(bytes))
                }
            }
        }
    }
}
