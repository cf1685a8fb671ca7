import Federation
import JSON
import Platform

/// What a client must know of a run before it takes part: the answer to `GET /v1/run`.
public struct RunSettings: Message {
    /// Names the run in every route and body.
    public var run: RunIdentifier
    /// The model's name for people, like "reference-cnn".
    public var model: String
    /// A sample's shape, [H, W, C].
    public var inputShape: [Int]
    /// What server and client must have alike.
    public var architecture: ArchitectureDigest
    /// The architecture itself, so that a client needs to know no model by its name.
    public var architectureJSON: JSONValue
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
    /// Its fingerprint, 16 hexadecimal digits, by which a client knows whether its own data are the
    /// same; nil from a server that does not say.
    public var dataFingerprint: String?
    /// How many clients the run takes: their ids are 0…K − 1.
    public var clients: Int
    /// R.
    public var rounds: Int
    /// How clients train.
    public var training: TrainingSettings
    /// What they minimise.
    public var objective: ClientObjective
    /// What an update goes through before it leaves its client, first to last, each as its
    /// `description` says it: "clip:1.0". A client that does not know one can't take part.
    public var transforms: [String]
    /// How updates may be written, by `VectorEncoding.name`.
    public var encodings: [String]
    /// How the data are divided, like "dirichlet:0.5"; nil where the experiment says it.
    public var partition: String?
    /// The fingerprint of what a file divides the data into; nil where none does.
    public var partitionFingerprint: String?
    /// Names all random streams.
    public var seed: UInt64
    /// A client that trains reports at least this often, in seconds.
    public var heartbeatSeconds: Double
    /// How long the server holds a question for the next task, in seconds.
    public var pollSeconds: Double

    /// All of it.
    public init(
        run: RunIdentifier, model: String, inputShape: [Int], architecture: ArchitectureDigest,
        architectureJSON: JSONValue = [:], parameterCount: Int, engine: String, experiment: Int,
        samples: Int, fixedShards: Bool,
        dataset: String, dataFingerprint: String? = nil, clients: Int, rounds: Int,
        training: TrainingSettings, objective: ClientObjective = .plain, transforms: [String] = [],
        encodings: [String] = ["float32"], partition: String? = nil,
        partitionFingerprint: String? = nil,
        seed: UInt64, heartbeatSeconds: Double, pollSeconds: Double
    ) {
        self.run = run
        self.model = model
        self.inputShape = inputShape
        self.architecture = architecture
        self.architectureJSON = architectureJSON
        self.parameterCount = parameterCount
        self.engine = engine
        self.experiment = experiment
        self.samples = samples
        self.fixedShards = fixedShards
        self.dataset = dataset
        self.dataFingerprint = dataFingerprint
        self.clients = clients
        self.rounds = rounds
        self.training = training
        self.objective = objective
        self.transforms = transforms
        self.encodings = encodings
        self.partition = partition
        self.partitionFingerprint = partitionFingerprint
        self.seed = seed
        self.heartbeatSeconds = heartbeatSeconds
        self.pollSeconds = pollSeconds
    }

    /// - Throws: `APIError`, with the code `wrong_version` where a server of another version says it.
    public init(_ fields: inout Fields) throws(APIError) {
        let run = try fields.run("run")
        try ProtocolVersion.check(fields, of: .server)
        let counts = 1...Int(Int32.max)
        let partition = fields.value("partition") == nil ? nil : try fields.text("partition")
        self.init(
            run: run, model: try fields.text("model"),
            inputShape: try fields.ints("inputShape", in: 1...65_536),
            architecture: try fields.digest("architecture"),
            architectureJSON: try fields.object("architectureJSON"),
            parameterCount: try fields.int("parameterCount", in: 1...ModelHeader.parameterLimit),
            engine: try fields.text("engine"),
            experiment: try fields.int("experiment", in: partition == nil ? 1...4 : 0...4),
            samples: try fields.int("samples", in: counts),
            fixedShards: try fields.bool("fixedShards"), dataset: try fields.text("dataset"),
            dataFingerprint: try fields.fingerprint("dataFingerprint"),
            clients: try fields.int("clients", in: counts),
            rounds: try fields.int("rounds", in: counts),
            training: try TrainingSettings(&fields),
            objective: try fields.objective("objective"),
            transforms: try fields.texts("transforms"), encodings: try fields.texts("encodings"),
            partition: partition,
            partitionFingerprint: try fields.fingerprint("partitionFingerprint"),
            seed: try fields.unsigned("seed"),
            heartbeatSeconds: try fields.seconds("heartbeatSeconds"),
            pollSeconds: try fields.seconds("pollSeconds"))
    }

    public var json: JSONValue {
        let members: [String: JSONValue] = [
            ProtocolVersion.member.key: ProtocolVersion.member.value,
            "run": .string(run.text), "model": .string(model),
            "inputShape": .array(inputShape.map(JSONValue.integer)),
            "architecture": .string(architecture.hexadecimal),
            "architectureJSON": architectureJSON,
            "parameterCount": .integer(parameterCount), "engine": .string(engine),
            "experiment": .integer(experiment), "samples": .integer(samples),
            "fixedShards": .bool(fixedShards), "dataset": .string(dataset),
            "clients": .integer(clients), "rounds": .integer(rounds),
            "objective": objective.json,
            "transforms": .array(transforms.map(JSONValue.string)),
            "encodings": .array(encodings.map(JSONValue.string)),
            "partition": partition.map(JSONValue.string) ?? nil,
            "dataFingerprint": dataFingerprint.map(JSONValue.string) ?? nil,
            "partitionFingerprint": partitionFingerprint.map(JSONValue.string) ?? nil,
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

    /// An object, as it came.
    fileprivate func object(_ key: String) throws(APIError) -> JSONValue {
        guard case .object? = value(key), let value = value(key) else {
            throw failure(key, "an object")
        }
        return value
    }

    /// Up to 16 texts; none where the key is missing or null.
    fileprivate func texts(_ key: String) throws(APIError) -> [String] {
        guard let value = value(key) else { return [] }
        let expected = "a list of up to 16 texts of up to 100 bytes"
        guard case .array(let elements) = value, elements.count <= 16 else {
            throw failure(key, expected)
        }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element, text.utf8.count <= 100 else {
                throw failure(key, expected)
            }
            texts.append(text.printable(byteLimit: 100))
        }
        return texts
    }

    /// What a client minimises.
    fileprivate func objective(_ key: String) throws(APIError) -> ClientObjective {
        guard case .object(let members)? = value(key) else { throw failure(key, "an object") }
        let fields = Fields(members)
        return ClientObjective(
            proximal: try fields.nonNegative("proximal"),
            usesControlVariates: try fields.bool("controlVariates"))
    }

    /// 16 hexadecimal digits; nil where the key is missing or null.
    fileprivate func fingerprint(_ key: String) throws(APIError) -> String? {
        guard value(key) != nil else { return nil }
        let text = try text(key)
        let digits = Set("0123456789abcdef")
        guard text.count == 16, text.allSatisfy(digits.contains) else {
            throw failure(key, "16 hexadecimal digits, or null")
        }
        return text
    }

    fileprivate func seconds(_ key: String) throws(APIError) -> Double {
        let value = try number(key)
        guard value >= 0.01, value <= 60 else {
            throw failure(key, "a number of seconds from 0.01 to 60")
        }
        return value
    }
}

extension ClientObjective {
    fileprivate var json: JSONValue {
        [
            "proximal": .number(Double(proximal)),
            "controlVariates": .bool(usesControlVariates),
        ]
    }
}
