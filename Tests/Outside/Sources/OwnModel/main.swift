// A model of one's own is a value, and a federation of one's own is made of such values: this is what
// experiments are built on.
import SwiftFederated

let dataset = GeneratedDigits.dataset(trainCount: 6000, testCount: 1000, threads: 2)
let model = try Architecture(
    input: .image(height: 28, width: 28, channels: 1),
    [
        .convolution(filters: 8, kernel: 5, strides: 2, activation: .relu),
        .maxPooling(2), .flatten, .dense(32, activation: .relu), .dropout(0.2), .dense(10),
    ])
let federation = InProcessFederation(
    try FederationConfiguration(
        architecture: model, strategy: .fedProx(mu: 0.1),
        training: LocalTraining(
            .epochs(2), batchSize: 16, optimizer: LocalOptimizer(learningRate: 0.05, momentum: 0.5)),
        shards: Partition.labels(perClient: 4).divide(dataset.train, among: 20, seed: 1),
        trainingImages: dataset.train, evaluationSet: EvaluationSet(dataset.test),
        rounds: RoundEngine.Configuration(population: 20, rounds: 5, cohortSize: 8)
    ).validated())
let result = federation.run()
print(model.parameterCount, "parameters", result.accuracies.compactMap { $0 })
