import Datasets
import Federation
import JSON
import NeuralNetworks
import Platform

/// What a model file says of its model beside the tensors, so that it can be used without its run: the
/// `__metadata__` of a safetensors file.
///
/// No key is of one run alone: two runs with the same settings leave the same bytes, and the run's name is
/// the file's. What it was is there: how the data were divided, strategy and seed.
public struct ModelMetadata: Hashable, Sendable {
    /// What the model is called: a named one's name, or its file's.
    public var model: String?
    /// Its layers, and the shape of a sample (`architecture`, JSON).
    public var architecture: ArchitectureFile?
    /// What it sees of the numbers of a sample (`input_scaling`: `unit`, or JSON with mean and deviation).
    public var scaling: Scaling?
    /// What classes are called (`class_names`, a JSON list).
    public var classNames: [String] = []
    /// What was minimised (`loss`).
    public var loss: Loss.Kind?
    /// After how many rounds it is as it is (`round`).
    public var round: Int?
    /// Its accuracy or R² in the last test (`accuracy`, or `r2`).
    public var score: Double?
    /// Whether that is R².
    public var isR2 = false
    /// The fingerprint of the data set (`data`).
    public var data: String?
    /// How the data were divided (`division`: `experiment 1`, or a partition; of one from a file not which).
    public var division: String?
    /// The federated algorithm (`strategy`).
    public var strategy: String?
    /// The seed of all random numbers (`seed`).
    public var seed: UInt64?

    /// Nothing yet.
    public init() {}

    /// What a run's log and its parts say.
    /// - Parameter log: with its rounds.
    init(
        model: String, architecture: Architecture, scaling: Scaling, loss: Loss.Kind, log: RunLog
    ) {
        self.model = model
        self.architecture = ArchitectureFile(architecture)
        self.scaling = scaling
        classNames = log.classNames
        self.loss = loss
        round = log.serverAccuracies.count
        score = log.serverAccuracies.last ?? nil
        isR2 = log.score == .r2
        data = log.dataFingerprint
        let settings = log.configuration.members
        if case .string(let partition)? = settings["partition"] {
            // Where a file lies is no matter of the model's.
            division = partition.hasPrefix("csv:") ? "csv" : partition
        } else {
            division = "experiment \(log.experiment)"
        }
        strategy = settings["strategy"]?.typed
        seed = log.seed
    }

    // MARK: Texts by name

    /// As the file has it.
    public var texts: [String: String] {
        var texts = ["format": "pt"]
        texts["model"] = model
        // Kernels of convolutions are [H][W][in][out], those of dense layers [in][out].
        texts["layout"] = "HWIO, Keras"
        // Layers of a program's own may have no JSON.
        texts["architecture"] = architecture.flatMap { try? $0.json() }.map(Self.text)
        texts["input_scaling"] = scaling.map(Self.text)
        if !classNames.isEmpty {
            texts["class_names"] = Self.text(.array(classNames.map(JSONValue.string)))
        }
        texts["loss"] = loss?.rawValue
        texts["round"] = round.map(String.init)
        texts[isR2 ? "r2" : "accuracy"] = score.map { "\($0)" }
        texts["data"] = data
        texts["division"] = division
        texts["strategy"] = strategy
        texts["seed"] = seed.map(String.init)
        return texts
    }

    private static func text(_ json: JSONValue) -> String {
        String(decoding: json.encoded(), as: UTF8.self)
    }

    private static func text(_ scaling: Scaling) -> String {
        guard case .standardized(let mean, let deviation) = scaling else { return unit }
        func list(_ numbers: [Float]) -> String {
            "[" + numbers.map { "\($0)" }.joined(separator: ",") + "]"
        }
        return #"{"mean":\#(list(mean)),"deviation":\#(list(deviation))}"#
    }

    private static let unit = "unit"

    /// Reads what a file has; what it has not, as a file of another program or of an earlier version, is nil.
    /// - Throws: `ArchitectureFileError` or `ModelUseError` where it says something that makes no sense.
    public init(_ texts: [String: String], file: String) throws {
        model = texts["model"]?.printable(byteLimit: 100)
        if let text = texts["architecture"] {
            architecture = try ArchitectureFile(
                text: Array(text.utf8), name: "the architecture in \(file)")
        }
        if let text = texts["input_scaling"] {
            guard let scaling = Self.scaling(text) else {
                throw ModelUseError.scaling(file, text)
            }
            self.scaling = scaling
        }
        if let text = texts["class_names"],
            case .array(let list)? = try? JSONValue(decoding: Array(text.utf8))
        {
            classNames = list.compactMap {
                if case .string(let name) = $0 { name.printable(limit: 100) } else { nil }
            }
        }
        loss = texts["loss"].flatMap { Loss.Kind(rawValue: $0) }
        round = texts["round"].flatMap { Int($0) }
        isR2 = texts["r2"] != nil
        score = (texts["r2"] ?? texts["accuracy"]).flatMap { Double($0) }
        data = texts["data"]?.printable(limit: 64)
        division = texts["division"]?.printable(limit: 100)
        strategy = texts["strategy"]?.printable(limit: 100)
        seed = texts["seed"].flatMap { UInt64($0) }
    }

    private static func scaling(_ text: String) -> Scaling? {
        if text == unit { return .unit }
        guard case .object(let members)? = try? JSONValue(decoding: Array(text.utf8)),
            let mean = numbers(members["mean"]), let deviation = numbers(members["deviation"]),
            mean.count == deviation.count, !mean.isEmpty, deviation.allSatisfy({ $0 > 0 })
        else { return nil }
        return .standardized(mean: mean, deviation: deviation)
    }

    private static func numbers(_ json: JSONValue?) -> [Float]? {
        guard case .array(let list)? = json else { return nil }
        let numbers = list.compactMap { $0.double.map { Float($0) } }
        guard numbers.count == list.count, numbers.allSatisfy(\.isFinite) else { return nil }
        return numbers
    }
}
