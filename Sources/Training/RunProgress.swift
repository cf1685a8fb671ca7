import Synchronization

/// How far a run is, for whoever shows it; read and written from any thread.
public final class RunProgress: Sendable {
    /// One look at a run.
    public struct Snapshot: Sendable {
        /// The open round, 0 before the first.
        public var round = 0
        /// Clients that have a place in it.
        public var cohort = 0
        /// Clients of the open round that have been trained.
        public var clientsTrained = 0
        /// Images that the open round will train on in all, repeats counted.
        public var roundTrainingImages = 0
        /// Images that its models will be tested on in all.
        public var roundEvaluationImages = 0
        /// Of the open round's images, how many have been trained on.
        public var roundImagesTrained = 0
        /// Of the open round's test images, how many are done.
        public var roundImagesEvaluated = 0
        /// Images trained on since the run began.
        public var imagesTrained = 0
        /// Test images done since the run began.
        public var imagesEvaluated = 0
        /// Local training, summed over all threads.
        public var trainingSeconds = 0.0
        /// Evaluation, summed over all threads.
        public var evaluationSeconds = 0.0

        /// Nothing yet.
        public init() {}
    }

    /// Where rounds wait while the run is paused.
    public let gate = RunGate()
    private let state = Mutex(Snapshot())
    private let stopping = Atomic(false)

    /// No run yet.
    public init() {}

    /// How far it is now.
    public var snapshot: Snapshot { state.withLock { $0 } }

    package var isStopping: Bool { stopping.load(ordering: .relaxed) }
    package func requestStop() { stopping.store(true, ordering: .relaxed) }

    package func open(round: Int, cohort: Int, trainingImages: Int, evaluationImages: Int) {
        state.withLock {
            $0.round = round
            $0.cohort = cohort
            $0.clientsTrained = 0
            $0.roundTrainingImages = trainingImages
            $0.roundEvaluationImages = evaluationImages
            $0.roundImagesTrained = 0
            $0.roundImagesEvaluated = 0
        }
    }

    package func add(trained images: Int) {
        state.withLock {
            $0.imagesTrained += images
            $0.roundImagesTrained += images
        }
    }

    package func clientTrained(seconds: Double) { clientsTrained(1, seconds: seconds) }

    package func clientsTrained(_ count: Int, seconds: Double) {
        state.withLock {
            $0.clientsTrained += count
            $0.trainingSeconds += seconds
        }
    }

    package func add(evaluated images: Int, seconds: Double) {
        state.withLock {
            $0.imagesEvaluated += images
            $0.roundImagesEvaluated += images
            $0.evaluationSeconds += seconds
        }
    }
}
