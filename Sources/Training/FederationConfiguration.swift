import Datasets
import Federation
import NeuralNetworks
import Parameters
import Platform

/// What a federation whose clients are trained here is made of.
public struct FederationConfiguration: Sendable {
    /// The model.
    public var architecture: Architecture
    /// How its layers are computed.
    public var engine: Engine
    /// What clients minimise, beside what the strategy adds, and what tests measure.
    public var loss: Loss
    /// The algorithm. Clients read their objective from it.
    public var strategy: Strategy
    /// How clients train.
    public var training: LocalTraining
    /// Which images each client has.
    public var shards: any ShardSource
    /// The images that are divided.
    public var trainingImages: Samples
    /// What models are tested on.
    public var evaluationSet: EvaluationSet
    /// How many of those images clients' own models are tested on, all of a round on the same, drawn anew
    /// each round; nil for all.
    public var clientTestCount: Int?
    /// When rounds open and close.
    public var rounds: RoundEngine.Configuration
    /// All chance of the run, but for its cohorts, whose seed is the rules'.
    public var seed: UInt64
    /// How many threads train and test.
    public var threads: Int
    /// What the model begins with; nil for what the seed makes of it.
    public private(set) var initialModel: ParameterVector?

    /// A federation of these parts, whether or not they go together: see `problem`.
    /// - Parameters:
    ///   - loss: nil for the usual one of the images: see `Loss.usual`.
    ///   - clientTestCount: nil to test clients' models on all images, too.
    ///   - rounds: how many clients and rounds, at least.
    ///   - threads: nil for one on each core that this process may use.
    public init(
        architecture: Architecture, engine: Engine = .fused, loss: Loss? = nil,
        strategy: Strategy = .fedAvg,
        training: LocalTraining = LocalTraining(), shards: any ShardSource,
        trainingImages: Samples,
        evaluationSet: EvaluationSet, clientTestCount: Int? = nil,
        rounds: RoundEngine.Configuration, seed: UInt64 = 1, threads: Int? = nil
    ) {
        self.architecture = architecture
        self.engine = engine
        self.loss = loss ?? .usual(for: trainingImages)
        self.strategy = strategy
        self.training = training
        self.shards = shards
        self.trainingImages = trainingImages
        self.evaluationSet = evaluationSet
        self.clientTestCount = clientTestCount
        self.rounds = rounds
        self.seed = seed
        self.threads = threads ?? availableProcessorCount()
    }

    /// What the run machine is to do of it, where all clients are lost with this process.
    package var plan: RunPlan {
        RunPlan(
            rules: rounds, strategy: strategy, layout: architecture.layout, seed: seed,
            opensBeforeCommit: true)
    }

    /// What a run begins with.
    public var initialState: FederationState {
        FederationState(model: initialModel ?? architecture.initialParameters(seed: seed))
    }

    /// With these parameters to begin with; nil for those of the seed.
    /// - Precondition: as many as the model has.
    public func beginning(with model: ParameterVector?) -> FederationConfiguration {
        precondition(
            model.map { $0.count == architecture.parameterCount } ?? true,
            "\(model?.count ?? 0) parameters are another model's")
        var configuration = self
        configuration.initialModel = model
        return configuration
    }

    /// Images that a client trains on in a round, repeats counted.
    package func imageCount(client: Int, round: Int) -> Int {
        training.imageCount(
            samples: shards.sampleCount(client: client, round: round), client: client, round: round)
    }

    /// What a model is tested on.
    package func evaluationSet(
        for subject: EvaluationSubject, in round: Int
    ) -> EvaluationSet {
        guard let clientTestCount, subject != .global else { return evaluationSet }
        return evaluationSet.drawn(clientTestCount, seed: seed, round: round)
    }

    /// Images that the test of a client's model takes; 0 where they are not tested.
    package var imagesPerClientTest: Int {
        guard rounds.evaluatesClients else { return 0 }
        let all = evaluationSet.indices.count
        return min(all, clientTestCount ?? all)
    }

    /// Images that a round's tests take.
    package func evaluationImages(cohort: Int) -> Int {
        cohort * imagesPerClientTest + evaluationSet.indices.count
    }

    /// Trains a client and makes its update ready to be folded.
    /// - Returns: that, and the seconds it took.
    /// - Throws: `LocalTrainingError`, `AggregationError`.
    package func trained(
        _ task: TrainingTask, on plan: Plan, progress: (Int) -> Void,
        shouldStop: () -> Bool
    ) throws -> (update: TrainedUpdate, seconds: Double) {
        let start = MonotonicClock.seconds()
        let (client, round) = (task.client, task.round)
        let shard = shards.shard(client: client, round: round)
        precondition(
            shard.count <= shards.largestShard,
            "client \(client) has \(shard.count) images: more than the largest shard, "
                + "\(shards.largestShard)")
        let result = try plan.trainLocally(
            training, objective: strategy.objective,
            from: strategy.start(for: client, in: task.state), on: trainingImages, shard: shard,
            seed: seed, client: client, round: round,
            correction: strategy.correction(for: client, in: task.state), progress: progress,
            shouldStop: shouldStop)
        let (contribution, sent) = try strategy.contribution(
            of: ModelUpdate(
                client: client, round: round, sampleCount: shard.count,
                parameters: result.parameters),
            after: task.state,
            work: training.work(samples: shard.count, client: client, round: round), seed: seed)
        let seconds = MonotonicClock.seconds() - start
        return (
            TrainedUpdate(
                contribution, model: rounds.evaluatesClients ? sent : nil, seconds: seconds,
                classCounts: trainingImages.classCounts(of: shard)), seconds
        )
    }
}
