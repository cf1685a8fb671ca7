import Federation

/// What a client must know of a run before it takes part: the answer to `GET /v1/run`.
public struct RunSettings: Message {
    /// Names the run in every route and body.
    public var run: RunIdentifier
    /// The model's name, like "reference-cnn".
    public var model: String
    /// A sample's shape, [H, W, C].
    public var inputShape: [Int]
    /// What server and client must have alike.
    public var architecture: ArchitectureDigest
    /// Floats of the model.
    public var parameterCount: Int
    /// "fused" or "plain": they may round differently.
    public var engine: String
    /// The experiment's number, 1…4; 0 where a partition divides the data.
    public var experiment: Int
    /// Training samples of a client, as the experiment takes it.
    public var samples: Int
    /// Whether a client keeps the samples of the first draw.
    public var fixedShards: Bool
    /// The server's data by name, like "MNIST".
    public var dataset: String
    /// How many clients the run takes: their ids are 0…K − 1.
    public var clients: Int
    /// R.
    public var rounds: Int
    /// How clients train.
    public var training: TrainingSettings
    /// How the data are divided, like "dirichlet:0.5"; nil where the experiment says it.
    public var partition: String?
    /// Names all random streams.
    public var seed: UInt64
    /// A client that trains reports at least this often, in seconds.
    public var heartbeatSeconds: Double
    /// How long the server holds a question for the next task, in seconds.
    public var pollSeconds: Double

    /// All of it.
    public init(
        run: RunIdentifier, model: String, inputShape: [Int], architecture: ArchitectureDigest,
        parameterCount: Int, engine: String, experiment: Int, samples: Int, fixedShards: Bool,
        dataset: String, clients: Int, rounds: Int, training: TrainingSettings,
        partition: String? = nil, seed: UInt64, heartbeatSeconds: Double, pollSeconds: Double
    ) {
        self.run = run
        self.model = model
        self.inputShape = inputShape
        self.architecture = architecture
        self.parameterCount = parameterCount
        self.engine = engine
        self.experiment = experiment
        self.samples = samples
        self.fixedShards = fixedShards
        self.dataset = dataset
        self.clients = clients
        self.rounds = rounds
        self.training = training
        self.partition = partition
        self.seed = seed
        self.heartbeatSeconds = heartbeatSeconds
        self.pollSeconds = pollSeconds
    }

    public init(_ fields: inout Fields) throws(APIError) {
        let counts = 1...Int(Int32.max)
        let partition = fields.value("partition") == nil ? nil : try fields.text("partition")
        self.init(
            run: try fields.run("run"), model: try fields.text("model"),
            inputShape: try fields.ints("inputShape", in: 1...65_536),
            architecture: try fields.digest("architecture"),
            parameterCount: try fields.int("parameterCount", in: 1...ModelHeader.parameterLimit),
            engine: try fields.text("engine"),
            experiment: try fields.int("experiment", in: partition == nil ? 1...4 : 0...4),
            samples: try fields.int("samples", in: counts),
            fixedShards: try fields.bool("fixedShards"), dataset: try fields.text("dataset"),
            clients: try fields.int("clients", in: counts),
            rounds: try fields.int("rounds", in: counts),
            training: try TrainingSettings(&fields),
            partition: partition, seed: try fields.unsigned("seed"),
            heartbeatSeconds: try fields.seconds("heartbeatSeconds"),
            pollSeconds: try fields.seconds("pollSeconds"))
    }

    public var json: JSONValue {
        let members: [String: JSONValue] = [
            "run": .string(run.text), "model": .string(model),
            "inputShape": .array(inputShape.map(JSONValue.integer)),
            "architecture": .string(architecture.hexadecimal),
            "parameterCount": .integer(parameterCount), "engine": .string(engine),
            "experiment": .integer(experiment), "samples": .integer(samples),
            "fixedShards": .bool(fixedShards), "dataset": .string(dataset),
            "clients": .integer(clients), "rounds": .integer(rounds),
            "partition": partition.map(JSONValue.string) ?? nil,
            "seed": JSONValue(seed), "heartbeatSeconds": .number(heartbeatSeconds),
            "pollSeconds": .number(pollSeconds),
        ]
        return .object(members.merging(training.members) { mine, _ in mine })
    }
}

extension Fields {
    func run(_ key: String) throws(APIError) -> RunIdentifier {
        guard let run = RunIdentifier(try text(key)) else {
            throw failure(key, RunIdentifier.expected)
        }
        return run
    }

    func digest(_ key: String) throws(APIError) -> ArchitectureDigest {
        guard let digest = ArchitectureDigest(hexadecimal: try text(key)) else {
            throw failure(key, "64 hexadecimal digits")
        }
        return digest
    }

    fileprivate func seconds(_ key: String) throws(APIError) -> Double {
        let value = try number(key)
        guard value >= 0.01, value <= 60 else {
            throw failure(key, "a number of seconds from 0.01 to 60")
        }
        return value
    }
}
