import Datasets
import ExternalRules
import Federation
import NeuralNetworks
import Training

/// The one description of a run: all that decides what it computes, but for the images themselves.
///
/// It is what the command line, a sweep and a spec file give, what a log calls `configuration`, what a
/// store keeps and what a server tells its clients. Each property has a row beside it, from which its
/// option, its check, its column and its words come; with where it acts, that is all of a setting.
public struct RunSpec: Hashable, Sendable {
    /// A run of all defaults: experiment 1 with 5 clients for 5 rounds.
    public init() {}

    // MARK: Population

    /// How clients' images are drawn, where no partition divides them.
    public var experiment = Experiment.uniform
    /// Divides the data in the experiment's place.
    public var partition: Partition?
    /// K; 0 stands for as many as the data have owners, with a partition that goes by them.
    public var clients = Usual.clients
    /// Clients that a round is meant for; nil for all.
    public var cohort: CohortSize?
    /// How many times so many are asked; nil for once.
    public var overSelection: Double?
    /// Updates without which no round closes.
    public var minimumClients: Int?
    /// Images of a client, as the experiment takes it.
    public var samples = 600
    /// Whether clients keep the images of the first draw.
    public var fixedShards = false

    static let population = [
        Setting(
            "experiment", \.experiment,
            help: "Experiment: how images are drawn for the clients.",
            travels: true, isMain: true),
        Setting(
            "partition", \.partition,
            help: "In place of an experiment, how the data are divided: see federated partition "
                + "--help.", travels: true),
        Setting(
            "clients", \.clients, help: "Clients, K: their ids are 0 to K - 1.",
            otherNames: ["population"],
            usual:
                "\(Usual.clients), with csv:FILE as many as it names, with natural and writers as many "
                + "as the data",
            bounds: .count, travels: true, isMain: true),
        Setting(
            "cohort", \.cohort, title: "clients a round",
            help: "Clients in a round: a number, or a fraction like 0.1.", usual: "all",
            bounds: .count),
        Setting(
            "over_selection", \.overSelection,
            help: "How many times so many clients are asked, so that those who drop out hold up "
                + "no round.", valueName: "factor", usual: "1", bounds: .range(1, 100)),
        Setting(
            "minimum_clients", \.minimumClients, title: "least clients a round",
            help: "Updates without which no round closes.", valueName: "clients",
            usual: "1; served, all of a round, half with a deadline", bounds: .count),
        Setting(
            "samples", \.samples, title: "samples a client",
            help: "Training images of a client, as the experiment takes it.", bounds: .count,
            needs: .experiment, travels: true, isMain: true),
        Setting(
            "fixed_shards", \.fixedShards, title: "shards",
            help: "Clients keep the images of the first draw in all rounds.", needs: .experiment,
            travels: true, format: .words(yes: "fixed", no: "drawn anew")),
    ]

    // MARK: Local training

    /// E; nil where `steps` says how long.
    public var epochs: Double? = Usual.epochs
    /// Steps of SGD; nil where `epochs` says how long.
    public var steps: Int?
    /// B.
    public var batchSize = BatchSize.samples(Usual.batch)
    /// η in round 1.
    public var learningRate: Float = 0.01
    /// d: in round r the learning rate is η d^(r − 1).
    public var learningRateDecay = 1.0
    /// What becomes of the learning rate beside that; nil for nothing.
    public var schedule: LearningRateSchedule?
    /// The clients' optimiser; nil for SGD.
    public var optimizer: LocalOptimizer.Kind?
    /// β of SGD.
    public var momentum: Float = 0
    /// Whether that momentum is Nesterov's: true or nil.
    public var nesterov: Bool?
    /// β₁ of Adam; nil for the usual.
    public var adamBeta1: Float?
    /// β₂ of Adam; nil for the usual.
    public var adamBeta2: Float?
    /// ε of Adam; nil for the usual.
    public var adamEpsilon: Float?
    /// λ.
    public var weightDecay: Float = 0
    /// Largest norm of a batch's gradient; nil for any.
    public var gradientClip: Float?
    /// What is done to images before each step; nil for nothing.
    public var augment: Augmentation?
    /// Probability that a client has no time for all epochs of a round; nil for 0.
    public var stragglers: Double?

    static let localTraining = [
        Setting(
            "epochs", \.epochs, title: "local epochs",
            help: "Local epochs a round; a fraction ends within one.",
            usual: "\(Usual.epochs.json.typed); fedsgd 1",
            bounds: .upTo(1e6, "above 0 and at most 1e6"), travels: true, isMain: true),
        Setting(
            "steps", \.steps, title: "local steps",
            help: "Local steps a round, in place of epochs.", bounds: .count, travels: true),
        Setting(
            "batch_size", \.batchSize, help: "Batch size, or all.", valueName: "batch",
            usual: "\(Usual.batch); fedsgd all", bounds: .count, travels: true, isMain: true),
        Setting(
            "learning_rate", \.learningRate, help: "Learning rate.", valueName: "rate",
            bounds: .positive, travels: true, isMain: true),
        Setting(
            "learning_rate_decay", \.learningRateDecay, title: "rate’s decay by round",
            help: "The learning rate is multiplied by it each round.", valueName: "factor",
            bounds: .part, travels: true),
        Setting(
            "schedule", \.schedule, title: "rate’s schedule",
            help: "The learning rate by round: constant, step:ROUNDS:FACTOR, cosine or "
                + "cosine:FINAL, each behind warmup:ROUNDS+ or not.", usual: "constant",
            travels: true),
        Setting(
            "optimizer", \.optimizer, title: "local optimizer", help: "Local optimizer.",
            usual: "sgd", travels: true),
        Setting(
            "momentum", \.momentum, help: "Momentum of local SGD.", valueName: "beta",
            bounds: .decay, needs: .optimizers(.sgd), travels: true),
        Setting(
            "nesterov", \.nesterov, title: "kind of momentum", help: "Momentum is Nesterov's.",
            needs: Setting.Needs(optimizers: [.sgd], other: "momentum"), travels: true,
            format: .words(yes: "Nesterov’s", no: "plain")),
        Setting(
            "adam_beta1", \.adamBeta1, title: "Adam’s β₁", help: "β₁ of local Adam.",
            valueName: "beta", usual: "\(LocalOptimizer.usualBeta1)", bounds: .decay,
            needs: .optimizers(.adam, .adamw), travels: true),
        Setting(
            "adam_beta2", \.adamBeta2, title: "Adam’s β₂", help: "β₂ of local Adam.",
            valueName: "beta", usual: "\(LocalOptimizer.usualBeta2)", bounds: .decay,
            needs: .optimizers(.adam, .adamw), travels: true),
        Setting(
            "adam_epsilon", \.adamEpsilon, title: "Adam’s ε", help: "ε of local Adam.",
            valueName: "epsilon", usual: "\(LocalOptimizer.usualEpsilon)", bounds: .part,
            needs: .optimizers(.adam, .adamw), travels: true),
        Setting(
            "weight_decay", \.weightDecay,
            help: "λ: the gradient gains λ times the weights; with adamw they lose it themselves.",
            valueName: "lambda", bounds: .nonNegative, travels: true),
        Setting(
            "gradient_clip", \.gradientClip, title: "gradients clipped to",
            help: "Largest norm of a batch's gradient.", valueName: "norm", bounds: .positive,
            travels: true),
        Setting(
            "augment", \.augment, title: "images augmented by",
            help: "Shift and mirror images at random in training: shift:PIXELS, flip or "
                + "shift:PIXELS+flip.", valueName: "how", travels: true),
        Setting(
            "stragglers", \.stragglers,
            help: "Probability that a client trains only 1 to all of its epochs in a round.",
            valueName: "probability", usual: "0", bounds: .range(0, 1), travels: true),
    ]

    // MARK: Algorithm

    /// The federated algorithm.
    public var strategy = StrategyName.fedavg
    /// μ of FedProx.
    public var mu: Float?
    /// η of the server.
    public var serverLearningRate: Double?
    /// β of FedAvgM.
    public var serverMomentum: Double?
    /// β₁ of adaptive servers.
    public var beta1: Double?
    /// β₂ of FedAdam and FedYogi.
    public var beta2: Double?
    /// τ of adaptive servers.
    public var tau: Double?
    /// How much a client's update weighs; nil for its samples.
    public var weighting: ClientWeighting?
    /// The L2 norm to which each client's change is clipped; nil for any.
    public var clipUpdate: Float?
    /// What part of each change is sent, like `topk:0.1`; nil for all of it.
    public var compress: String?
    /// Whether batch normalisations stay each client's own; true or nil.
    public var localStatistics: Bool?
    /// The program that makes the next model of a round's updates, `exec:FILE`; nil for the strategy's own rule.
    public var serverRule: String?
    /// Seconds that it may take for a round; nil for the usual.
    public var serverRuleSeconds: Double?

    static let algorithm = [
        Setting("strategy", \.strategy, help: "Federated algorithm.", isMain: true),
        Setting(
            "mu", \.mu, title: "μ", help: "μ of FedProx.", usual: "\(Usual.mu)",
            bounds: .nonNegative, needs: .strategies(.fedprox)),
        Setting(
            "server_learning_rate", \.serverLearningRate, title: "server’s learning rate",
            help: "η of the server.", valueName: "rate",
            usual: "1; adaptive \(Usual.adaptiveRate)", bounds: .positive,
            needs: .strategies(.scaffold, .fednova, .fedavgm, .fedadagrad, .fedadam, .fedyogi)),
        Setting(
            "server_momentum", \.serverMomentum, title: "server’s momentum", help: "β of FedAvgM.",
            valueName: "beta", usual: "\(Usual.momentum)", bounds: .decay,
            needs: .strategies(.fedavgm)),
        Setting(
            "beta1", \.beta1, title: "β₁", help: "β₁ of adaptive servers.", valueName: "beta",
            usual: "\(Usual.beta1); fedadagrad 0", bounds: .decay,
            needs: .strategies(.fedadagrad, .fedadam, .fedyogi)),
        Setting(
            "beta2", \.beta2, title: "β₂", help: "β₂ of FedAdam, FedYogi.", valueName: "beta",
            usual: "\(Usual.beta2)", bounds: .decay, needs: .strategies(.fedadam, .fedyogi)),
        Setting(
            "tau", \.tau, title: "τ", help: "τ of adaptive servers.",
            usual: "\(Usual.tau)", bounds: .positive,
            needs: .strategies(.fedadagrad, .fedadam, .fedyogi)),
        Setting(
            "weighting", \.weighting, title: "clients weigh by",
            help: "How much a client's model weighs: by samples, batches of an epoch, equal, or "
                + "capped:COUNT samples.",
            valueName: "how", usual: "samples",
            needs: .strategies(
                .fedavg, .fedsgd, .fedprox, .scaffold, .fedavgm, .fedadagrad, .fedadam, .fedyogi)),
        Setting(
            "clip_update", \.clipUpdate, title: "changes clipped to",
            help: "Clip each client's change to this L2 norm, and weigh all clients alike.",
            valueName: "norm", bounds: .positive),
        Setting(
            "compress", \.compress, title: "changes sent",
            help: "Send a part of each change, the rest later: topk:FRACTION.", valueName: "how"),
        Setting(
            "local_statistics", \.localStatistics, title: "batch normalisations",
            help: "Batch normalisations stay each client's own, as in FedBN.", travels: true,
            format: .words(yes: "each client’s own", no: "averaged")),
        Setting(
            "server_rule", \.serverRule,
            help: "In place of averaging, a program of your own: exec:FILE.", valueName: "rule",
            needs: .strategies(.fedavg, .fedsgd, .fedprox)),
        Setting(
            "server_rule_seconds", \.serverRuleSeconds, title: "seconds for the server rule",
            help: "Seconds that the server rule's program may take for a round.",
            valueName: "seconds", usual: "\(Int(RuleProgram.usualSeconds))",
            bounds: .upTo(1e6, "above 0 and at most 1e6 seconds"),
            needs: Setting.Needs(other: "server_rule")),
    ]

    // MARK: Rounds and tests

    /// R.
    public var rounds = 5
    /// The accuracy at which the run ends, 0…1; nil to go on.
    public var targetAccuracy: Double?
    /// How many rounds old the best accuracy may become; nil for any.
    public var patience: Int?
    /// Rounds from one test of the server's model to the next.
    public var evaluateEvery = 1
    /// Part of the test set.
    public var evaluationFraction = 1.0
    /// Part of those samples that clients' own models are tested on; nil for the usual: see
    /// `clientTestCount(of:)`.
    public var clientEvaluationFraction: Double?
    /// Whether clients' own models are not tested.
    public var noClientEvaluation = false

    static let roundsAndTests = [
        Setting("rounds", \.rounds, help: "Rounds.", bounds: .count, travels: true, isMain: true),
        Setting(
            "target_accuracy", \.targetAccuracy, help: "Stop when the server reaches it, 0 to 1.",
            valueName: "accuracy", bounds: .part, format: .percent),
        Setting(
            "patience", \.patience, title: "patience in rounds",
            help: "Stop when the best accuracy is so many rounds old.", valueName: "rounds",
            bounds: .count),
        Setting(
            "evaluate_every", \.evaluateEvery, title: "rounds between tests",
            help: "Test the server's model every so many rounds.", valueName: "rounds",
            bounds: .count),
        Setting(
            "evaluation_fraction", \.evaluationFraction, title: "part of the test set",
            help: "Evaluate on a random part of the test set.", valueName: "part", bounds: .part),
        Setting(
            "client_evaluation_fraction", \.clientEvaluationFraction,
            title: "part for clients’ models",
            help:
                "Part of those test samples, drawn anew each round, that clients' models are tested "
                + "on.", valueName: "part",
            usual: "\(Usual.clientEvaluationFraction), but at least "
                + "\(Usual.leastClientTests) samples", bounds: .part),
        Setting(
            "no_client_evaluation", \.noClientEvaluation, title: "clients tested",
            help: "Do not test clients' models.", format: .words(yes: "no", no: "yes")),
    ]

    // MARK: Data and model

    /// The data by name, like `MNIST`: their fingerprint stands beside the settings.
    public var dataset = ""
    /// Whether height and width of each image change places: true or nil.
    public var transpose: Bool?
    /// The column of a table that is to be predicted; nil for the usual.
    public var label: String?
    /// The column of a table that says whose a row is; nil for none.
    public var clientColumn: String?
    /// The part that is tested on of data without test samples of their own; nil for the usual.
    public var testFraction: Double?
    /// What models see of the numbers; nil for `unit`.
    public var scaling: ScalingChoice?
    /// The model.
    public var model = ModelChoice.referenceCNN
    /// A safetensors file of the model to begin with; nil for one of the seed's.
    public var initialModel: String?
    /// What is minimised; nil for softmax cross-entropy of classes, squared error of numbers.
    public var loss: Loss.Kind?
    /// s of softmax cross-entropy; nil for 0.
    public var labelSmoothing: Float?
    /// How it is computed.
    public var engine = Engine.fused
    /// Names all random streams: the same seed gives the same bits.
    public var seed: UInt64 = 1

    static let dataAndModel = [
        Setting(
            "dataset", \.dataset, title: "data set",
            help: "mnist, digits, or a path: an .npz, .csv or .tsv file, LEAF's .json, or a folder "
                + "with IDX files, CIFAR's binary files, .npy files, or one file or folder a client.",
            valueName: "data", usual: "mnist, or digits where it is not to be had", travels: true,
            isMain: true),
        Setting(
            "transpose", \.transpose, title: "orientation of images",
            help: "Height and width of each image change places, as EMNIST's need.", travels: true,
            format: .words(yes: "transposed", no: "as they are")),
        Setting(
            "label", \.label, title: "label column",
            help: "The column of a table that is to be predicted.", valueName: "column",
            usual: "label, class, target or y", travels: true),
        Setting(
            "client_column", \.clientColumn,
            help: "The column of a table that says whose a row is.", valueName: "column",
            travels: true),
        Setting(
            "test_fraction", \.testFraction, title: "part set aside for tests",
            help: "The part, drawn at random, that is tested on of data without test samples of "
                + "their own.", valueName: "part", usual: "\(DatasetOptions.usualTestFraction)",
            bounds: .inner, travels: true),
        Setting(
            "scaling", \.scaling,
            help: "What models see: unit, bytes as byte / 255 and numbers as they are, or "
                + "standard, each channel (each number of samples that are no images) with mean 0 "
                + "and deviation 1 in the training samples.",
            usual: "unit", travels: true),
        Setting("model", \.model, help: "Model.", travels: true, isMain: true),
        Setting(
            "initial_model", \.initialModel, title: "model to begin with",
            help: "Begin with the weights of a safetensors file, tensor by tensor.",
            valueName: "file"),
        Setting(
            "loss", \.loss, help: "What is minimised.",
            usual: "softmax-cross-entropy, of numbers squared-error", travels: true),
        Setting(
            "label_smoothing", \.labelSmoothing,
            help: "The part of a label that counts for all classes alike.", valueName: "part",
            usual: "0", bounds: .decay, travels: true),
        Setting(
            "engine", \.engine,
            help: "Operations: fused, or plain ones (im2col and OpenBLAS) that take longer.",
            travels: true, isMain: true),
        Setting(
            "seed", \.seed,
            help: "Seed of everything random: the same seed gives the same bits.", travels: true,
            format: .plain, isMain: true),
    ]

    // MARK: Simulated absence

    /// Probability that a client can be chosen for a round; nil for 1.
    public var availability: Double?
    /// Probability that a chosen client drops out before it trains; nil for 0.
    public var dropoutBefore: Double?
    /// Probability that a trained client's update is lost; nil for 0.
    public var dropoutAfter: Double?
    /// Whether stragglers drop out before they train, in place of training less: true or nil.
    public var dropStragglers: Bool?
    /// Whether a client whose training diverges only loses its place; true or nil.
    public var dropDiverging: Bool?

    static let simulatedAbsence = [
        Setting(
            "availability", \.availability,
            help: "Probability that a client can be chosen for a round.",
            valueName: "probability", usual: "1", bounds: .part, needs: .simulation),
        Setting(
            "dropout_before", \.dropoutBefore, title: "drop-out before training",
            help: "Probability that a chosen client drops out before it trains.",
            valueName: "probability", usual: "0", bounds: .decay, needs: .simulation),
        Setting(
            "dropout_after", \.dropoutAfter, title: "drop-out after training",
            help: "Probability that a trained client's update is lost.",
            valueName: "probability", usual: "0", bounds: .decay, needs: .simulation),
        Setting(
            "drop_stragglers", \.dropStragglers, title: "stragglers’ part",
            help: "Stragglers drop out before they train, in place of training less.",
            needs: Setting.Needs(clients: .simulated, other: "stragglers"),
            format: .words(yes: "none: they drop out", no: "fewer epochs")),
        Setting(
            "drop_diverging", \.dropDiverging, title: "clients that diverge",
            help: "A client whose training diverges only loses its place; else it ends the run.",
            needs: .simulation, format: .words(yes: "lose their place", no: "end the run")),
    ]

    // MARK: Served rounds

    /// Seconds after which a served round closes with its minimum; nil for never.
    public var roundDeadline: Double?
    /// Whether whoever reached the server could read and spoil the run: true or nil.
    public var insecure: Bool?

    static let servedRounds = [
        Setting(
            "round_deadline", \.roundDeadline, title: "deadline of a round in seconds",
            help: "Seconds after which a round closes with its minimum; with fewer it goes on.",
            valueName: "seconds", bounds: .upTo(1e9, "above 0 and at most 1e9 seconds"),
            needs: .server),
        Setting(
            "insecure", \.insecure, title: "open to whoever reaches it",
            help: "Noted of a run that was served without certificate or tokens.",
            needs: Setting.Needs(clients: .noted)),
    ]
}
