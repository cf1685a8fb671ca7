import FederationWire
import Synchronization
import Tensors

/// What trains: a model and a client's data. It knows nothing of the network.
public protocol Participant: Sendable {
    /// The model, as the server must have it, too.
    var architecture: ArchitectureDigest { get }
    /// The model's tensors.
    var layout: ParameterLayout { get }
    /// Training samples that the client has in a round.
    func sampleCount(round: Int) -> Int
    /// Trains a copy of the global model, on threads of its own.
    /// - Throws: `TrainingFailure`.
    func train(
        from model: ParameterVector, round: Int, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainedModel
}

/// A model that a client has trained.
public struct TrainedModel: Sendable {
    /// The model, whole.
    public var parameters: ParameterVector
    /// Its weight in the mean.
    public var sampleCount: Int
    /// Mean loss over the last epoch, in nats.
    public var loss: Double
    /// Images that went through, repeats counted.
    public var imageCount: Int
    /// How long it took, in seconds.
    public var seconds: Double

    /// A trained model.
    public init(
        parameters: ParameterVector, sampleCount: Int, loss: Double, imageCount: Int,
        seconds: Double
    ) {
        self.parameters = parameters
        self.sampleCount = sampleCount
        self.loss = loss
        self.imageCount = imageCount
        self.seconds = seconds
    }
}

/// Why training gave no model.
public enum TrainingFailure: Error, Hashable, Sendable {
    /// It was told to stop.
    case stopped
    /// The model or its loss is no finite number; the reason is a clause.
    case diverged(String)
}

/// How far a client's training is; read and written from any thread.
public final class TrainingProgress: Sendable {
    private let images = Atomic(0)
    private let stopping = Atomic(false)
    private let start = MonotonicClock.seconds()

    /// No training yet.
    public init() {}

    /// Counts images that have gone through.
    public func add(_ count: Int) { images.add(count, ordering: .relaxed) }

    /// Images that have gone through.
    public var imageCount: Int { images.load(ordering: .relaxed) }

    /// How fast it goes, waiting included.
    public var imagesPerSecond: Double {
        Double(imageCount) / max(MonotonicClock.seconds() - start, 1e-3)
    }

    /// Whether training is to end at the next batch.
    public var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Asks training to end.
    public func stop() { stopping.store(true, ordering: .relaxed) }
}
