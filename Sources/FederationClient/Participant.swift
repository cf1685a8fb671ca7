import Federation
import FederationWire
import Parameters
import Platform
import Synchronization

/// What trains: a model and a client's data. It knows nothing of the network.
public protocol Participant: Sendable {
    /// The model, as the server must have it, too.
    var architecture: ArchitectureDigest { get }
    /// The model's tensors.
    var layout: ParameterLayout { get }
    /// Training samples that the client has in a round.
    func sampleCount(round: Int) -> Int
    /// Trains a copy of the global model, on threads of its own, and takes what comes of it through the
    /// client's half of the run's strategy. The same work gives the same update.
    /// - Throws: `TrainingFailure`.
    func train(
        _ work: RoundWork, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainingResult
}

/// What a client is to do in a round.
public struct RoundWork: Sendable {
    /// The round.
    public var round: Int
    /// x, the global model that it begins with.
    public var model: ParameterVector
    /// c − c_i, where the run's objective has control variates.
    public var correction: ParameterVector?
    /// The last committed round that an update of this client is part of, nil before there is one: its
    /// transforms go on from what they kept in that round.
    public var counted: Int?

    /// Work in a round.
    public init(
        round: Int, model: ParameterVector, correction: ParameterVector? = nil,
        counted: Int? = nil
    ) {
        self.round = round
        self.model = model
        self.correction = correction
        self.counted = counted
    }
}

/// What came of a client's work in a round.
public struct TrainingResult: Sendable {
    /// What leaves the client.
    public var update: ClientUpdate
    /// Mean loss over the last epoch, in nats.
    public var loss: Double
    /// Images that went through, repeats counted.
    public var imageCount: Int
    /// How long training took, in seconds.
    public var seconds: Double
    /// Training samples by class; nil where that is not to be said.
    public var classCounts: [Int]?

    /// An update and what is known of its making.
    public init(
        _ update: ClientUpdate, loss: Double, imageCount: Int, seconds: Double,
        classCounts: [Int]? = nil
    ) {
        self.update = update
        self.loss = loss
        self.imageCount = imageCount
        self.seconds = seconds
        self.classCounts = classCounts
    }

    /// What the server is told beside the update.
    var report: UpdateReport {
        UpdateReport(
            seconds: seconds, loss: loss, classCounts: classCounts, numbers: update.numbers,
            imageCount: imageCount)
    }
}

/// Why training gave no model.
public enum TrainingFailure: Error, Hashable, Sendable {
    /// It was told to stop.
    case stopped
    /// The model or its loss is no finite number; the reason is a clause.
    case diverged(String)
    /// This client can't take part any more, for a reason that is no model's; a clause.
    case impossible(String)
}

/// How far a client's training is; read and written from any thread.
public final class TrainingProgress: Sendable {
    private let images = Atomic(0)
    private let stopping = Atomic(false)
    private let time: any TimeSource
    private let start: Double

    /// No training yet.
    public init(time: any TimeSource = SystemTime()) {
        self.time = time
        start = time.seconds()
    }

    /// Counts images that have gone through.
    public func add(_ count: Int) { images.add(count, ordering: .relaxed) }

    /// Images that have gone through.
    public var imageCount: Int { images.load(ordering: .relaxed) }

    /// How fast it goes, waiting included.
    public var imagesPerSecond: Double {
        Double(imageCount) / max(time.seconds() - start, 1e-3)
    }

    /// Whether training is to end at the next batch.
    public var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Asks training to end.
    public func stop() { stopping.store(true, ordering: .relaxed) }
}
