import Federation
import JSON
import Platform

/// What a client must know of a run before it takes part: the answer to `GET /v1/run`.
public struct RunSettings: Message {
    /// Names the run in every route and body.
    public var run: RunIdentifier
    /// The run's settings that clients divide data and train by, by their names: `epochs`, `seed`. A
    /// setting that a client does not know, and that is not null, keeps it from taking part.
    public var spec: [String: JSONValue]
    /// A sample's shape, [H, W, C].
    public var inputShape: [Int]
    /// What server and client must have alike.
    public var architecture: ArchitectureDigest
    /// The architecture itself, so that a client needs to know no model by its name.
    public var architectureJSON: JSONValue
    /// Floats of the model.
    public var parameterCount: Int
    /// The fingerprint of the server's data, 16 hexadecimal digits, by which a client knows whether its
    /// own are the same; nil from a server that does not say.
    public var dataFingerprint: String?
    /// The fingerprint of what a file divides the data into; nil where none does.
    public var partitionFingerprint: String?
    /// What clients minimise.
    public var objective: ClientObjective
    /// What an update goes through before it leaves its client, first to last, each as its
    /// `description` says it: "clip:1.0". A client that does not know one can't take part.
    public var transforms: [String]
    /// How updates may be written, by `VectorEncoding.name`.
    public var encodings: [String]
    /// A client that trains reports at least this often, in seconds.
    public var heartbeatSeconds: Double
    /// How long the server holds a question for the next task, in seconds.
    public var pollSeconds: Double

    /// All of it.
    public init(
        run: RunIdentifier, spec: [String: JSONValue], inputShape: [Int],
        architecture: ArchitectureDigest, architectureJSON: JSONValue = [:], parameterCount: Int,
        dataFingerprint: String? = nil, partitionFingerprint: String? = nil,
        objective: ClientObjective = .plain, transforms: [String] = [],
        encodings: [String] = ["float32"], heartbeatSeconds: Double, pollSeconds: Double
    ) {
        self.run = run
        self.spec = spec
        self.inputShape = inputShape
        self.architecture = architecture
        self.architectureJSON = architectureJSON
        self.parameterCount = parameterCount
        self.dataFingerprint = dataFingerprint
        self.partitionFingerprint = partitionFingerprint
        self.objective = objective
        self.transforms = transforms
        self.encodings = encodings
        self.heartbeatSeconds = heartbeatSeconds
        self.pollSeconds = pollSeconds
    }

    /// - Throws: `APIError`, with the code `wrong_version` where a server of another version says it.
    public init(_ fields: inout Fields) throws(APIError) {
        let run = try fields.run("run")
        try ProtocolVersion.check(fields, of: .server)
        self.init(
            run: run, spec: try fields.spec("spec"),
            inputShape: try fields.ints("inputShape", in: 1...65_536),
            architecture: try fields.digest("architecture"),
            architectureJSON: try fields.object("architectureJSON"),
            parameterCount: try fields.int("parameterCount", in: 1...ModelHeader.parameterLimit),
            dataFingerprint: try fields.fingerprint("dataFingerprint"),
            partitionFingerprint: try fields.fingerprint("partitionFingerprint"),
            objective: try fields.objective("objective"),
            transforms: try fields.texts("transforms"), encodings: try fields.texts("encodings"),
            heartbeatSeconds: try fields.seconds("heartbeatSeconds"),
            pollSeconds: try fields.seconds("pollSeconds"))
    }

    /// The object.
    public var json: JSONValue {
        [
            ProtocolVersion.member.key: ProtocolVersion.member.value,
            "run": .string(run.text), "spec": .object(spec),
            "inputShape": .array(inputShape.map(JSONValue.integer)),
            "architecture": .string(architecture.hexadecimal),
            "architectureJSON": architectureJSON,
            "parameterCount": .integer(parameterCount),
            "dataFingerprint": dataFingerprint.map(JSONValue.string) ?? nil,
            "partitionFingerprint": partitionFingerprint.map(JSONValue.string) ?? nil,
            "objective": objective.json,
            "transforms": .array(transforms.map(JSONValue.string)),
            "encodings": .array(encodings.map(JSONValue.string)),
            "heartbeatSeconds": .number(heartbeatSeconds),
            "pollSeconds": .number(pollSeconds),
        ]
    }
}

/// What every run's settings say.
extension RunSettings {
    /// How many clients the run takes: their ids are 0…K − 1.
    public var clients: Int { count("clients") }
    /// R.
    public var rounds: Int { count("rounds") }
    /// The experiment's number, 1…4; 0 where a partition divides the data.
    public var experiment: Int { count("experiment") }
    /// The model's name for people, like "reference-cnn".
    public var model: String {
        if case .string(let name)? = spec["model"] { name } else { "" }
    }

    private func count(_ name: String) -> Int {
        if case .integer(let value)? = spec[name] { value } else { 0 }
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

    /// Settings by name: single values, of which every run has some.
    fileprivate func spec(_ key: String) throws(APIError) -> [String: JSONValue] {
        guard case .object(let said) = try object(key) else { return [:] }
        // Servers of earlier versions had names in camelCase.
        var members = said.withSettingsSpelled
        let fields = Fields(members)
        let counts = 1...Int(Int32.max)
        _ = try fields.int("clients", in: counts)
        _ = try fields.int("rounds", in: counts)
        _ = try fields.text("model")
        _ = try fields.unsigned("seed")
        if fields.value("experiment") != nil { _ = try fields.int("experiment", in: 1...4) }
        for (name, value) in members {
            switch value {
            case .null, .bool, .integer, .unsigned, .number: break
            case .string: members[name] = .string(try fields.text(name))
            case .array, .object:
                throw fields.failure(name, "a number, a text, true, false or null")
            }
        }
        return members
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

    fileprivate func nonNegative(_ key: String) throws(APIError) -> Float {
        let value = Float(try optionalNumber(key) ?? 0)
        guard value >= 0, value.isFinite else { throw failure(key, "a number of at least 0") }
        return value
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
