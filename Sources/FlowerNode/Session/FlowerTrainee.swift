import Parameters

/// What serves a server's requests: a model and data of its own. It knows nothing of the network.
///
/// Its work is done on threads of its own. What it throws is told to the server as the reason why there
/// is no result; `CancellationError` where it was to stop.
public protocol FlowerTrainee: Sendable {
    /// The model's tensors, in the order of Keras's `get_weights` and with its shapes.
    var layout: ParameterLayout { get }
    /// Trains a copy of the model.
    func train(from model: ParameterVector, settings: TaskSettings) async throws -> TrainedTask
    /// Tests the model.
    func evaluate(_ model: ParameterVector, settings: TaskSettings) async throws -> EvaluatedTask
}

/// What came of a `train`.
public struct TrainedTask: Sendable {
    /// The model, whole.
    public var parameters: ParameterVector
    /// Its weight in the mean: `num-examples`.
    public var sampleCount: Int
    /// `train_loss`, in nats.
    public var loss: Double

    /// A trained model.
    public init(parameters: ParameterVector, sampleCount: Int, loss: Double) {
        self.parameters = parameters
        self.sampleCount = sampleCount
        self.loss = loss
    }
}

/// What came of an `evaluate`.
public struct EvaluatedTask: Hashable, Sendable {
    /// Images looked at: `num-examples`.
    public var sampleCount: Int
    /// `eval_loss`, in nats.
    public var loss: Double
    /// `eval_acc`, 0 to 1.
    public var accuracy: Double

    /// An evaluation.
    public init(sampleCount: Int, loss: Double, accuracy: Double) {
        self.sampleCount = sampleCount
        self.loss = loss
        self.accuracy = accuracy
    }
}
