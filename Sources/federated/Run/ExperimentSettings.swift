import Datasets
import NeuralNetworks

/// All that decides what a run computes, but for the data: what its log calls `configuration`.
struct ExperimentSettings: Codable, Hashable, Sendable {
    var experiment: Experiment
    var clients = 5
    var rounds = 5
    var samples = 600
    var epochs = 10
    var batchSize = 8
    var learningRate: Float = 0.01
    var seed: UInt64 = 1
    var model = NamedModel.referenceCNN
    var targetAccuracy: Double?
    var evaluationFraction = 1.0
    var fixedShards = false
    var dataset = ""
    var engine = Engine.fused
    // Of served runs; nil is as a run in one process has it.
    var cohort: Int?
    var overSelection: Double?
    var minimumClients: Int?
    var roundDeadline: Double?
    var insecure: Bool?
}
