// Strategies put together of parts that are there.
import SwiftFederated

let strategies = [
    .fedAvg,
    .median,
    Strategy("Clipped FedAvg", weighting: .uniform, transforms: [ClipUpdate(norm: 0.3)]),
    Strategy("A tenth of each change", transforms: [TopK(fraction: 0.1)]),
    Strategy(
        "FedProx with momentum at the server", objective: ClientObjective(proximal: 0.1),
        server: ServerOptimizer(.momentum(0.5), learningRate: 1)),
]
let data = try RunData.load("digits")
var spec = RunSpec()
spec.model = .logisticRegression
spec.epochs = 1
for strategy in strategies {
    let result = try ExperimentRun(spec, data: data, strategy: strategy).run()
    print(strategy, result.finalAccuracy ?? 0, result.rounds.last?.metrics ?? [:])
}
