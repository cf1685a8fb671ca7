import ArgumentParser

/// How a client trains in a round.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Local epochs a round; a fraction ends within one. (default: 10)")
    var epochs: Double?

    @Option(help: "Local steps a round, in place of epochs.")
    var steps: Int?

    @Option(help: ArgumentHelp("Batch size, or all. (default: 8)", valueName: "batch"))
    var batchSize: BatchSize?

    @Option(help: "Learning rate.")
    var learningRate: Float = 0.01

    @Option(
        help: ArgumentHelp("The learning rate is multiplied by it each round.", valueName: "factor")
    )
    var learningRateDecay = 1.0

    @Option(help: ArgumentHelp("Momentum of local SGD.", valueName: "beta"))
    var momentum: Float = 0

    @Option(help: ArgumentHelp("λ: the gradient gains λ times the weights.", valueName: "lambda"))
    var weightDecay: Float = 0

    @Option(help: ArgumentHelp("Largest norm of a batch's gradient.", valueName: "norm"))
    var gradientClip: Float?

    func validate() throws {
        if epochs != nil, steps != nil {
            throw ValidationError("--epochs and --steps exclude each other")
        }
    }

    /// Enters what is given here; FedSGD has one step over all samples unless more is said.
    func apply(to settings: inout ExperimentSettings) throws {
        let isSGD = settings.strategy == .fedsgd
        if isSGD, (epochs ?? 1) != 1 || (steps ?? 1) != 1 || (batchSize ?? .all) != .all {
            throw ValidationError(
                "fedsgd is one step over all of a client's samples: leave --epochs, --steps and "
                    + "--batch-size out, or take fedavg")
        }
        settings.epochs = steps == nil ? epochs ?? (isSGD ? 1 : 10) : nil
        settings.steps = steps
        settings.batchSize = batchSize ?? (isSGD ? .all : .samples(8))
        settings.learningRate = learningRate
        settings.learningRateDecay = learningRateDecay
        settings.momentum = momentum
        settings.weightDecay = weightDecay
        settings.gradientClip = gradientClip
    }
}
