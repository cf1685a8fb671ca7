import JSON
import Platform

/// One layer of a Keras model: what is not taken of its configuration must mean nothing here.
struct KerasLayer {
    typealias Reason = ArchitectureFileError.Reason

    /// Its number in the model, the input layer not counted: "3", "3.1" in a Sequential within.
    let place: String
    /// "Conv2D".
    let className: String
    private var config: [String: JSONValue]
    private let name: String

    /// A layer as `to_json()` has it.
    init(place: String, className: String, config: [String: JSONValue]) {
        self.place = place
        self.className = className.printable(limit: 40)
        self.config = config
        if case .string(let name)? = config["name"] {
            self.name = " “\(name.printable(limit: 40))”"
        } else {
            name = ""
        }
    }

    /// What errors call it: Conv2D “conv2d_1”.
    var kind: String { className + name }

    /// An error that names it.
    func failure(_ problem: String) -> Reason { .layer(place, kind: kind, problem) }

    /// A value of its configuration, which counts as read; null where there is none.
    mutating func take(_ key: String) -> JSONValue { config.removeValue(forKey: key) ?? .null }

    /// Refuses any value but these, or none.
    mutating func require(
        _ key: String, among values: [JSONValue], _ expected: String
    ) throws(Reason) {
        let value = take(key)
        guard value == .null || values.contains(where: { $0.isSame(as: value) }) else {
            throw failure("“\(key)” is \(value.brief): \(expected)")
        }
    }

    // MARK: Activations and initialisers

    /// Its activation as a layer of this project; nil for none.
    mutating func takeActivation() throws(Reason) -> [String: JSONValue]? {
        let json = take("activation")
        // Keras 3 may write a function's name within an object.
        let name = json.member("config") ?? json
        switch name {
        case .null, "linear": return nil
        case "relu": return ["layer": .string(ReLU.kind)]
        case "tanh": return ["layer": .string(Tanh.kind)]
        case "sigmoid": return ["layer": .string(Sigmoid.kind)]
        case "softplus": return ["layer": .string(Softplus.kind)]
        case "gelu": return ["layer": .string(GELU.kind)]
        case "elu": return ["layer": .string(ELU.kind)]
        case "leaky_relu": return ["layer": .string(LeakyReLU.kind), "slope": 0.2]
        case "softmax": return ["layer": "softmax"]
        default:
            throw failure(
                "“activation” is \(name.brief): linear, relu, leaky_relu, elu, gelu, tanh, sigmoid, "
                    + "softplus and, last, softmax are there")
        }
    }

    /// How its kernel starts, in this project's word; null for its default.
    mutating func takeInitializer(_ key: String) throws(Reason) -> JSONValue {
        let json = take(key)
        guard json != .null else { return .null }
        guard let word = Self.initializer(json),
            let found = KernelInitializer.allCases.first(where: {
                $0.rawValue.filter { $0 != "-" } == word
            })
        else {
            throw failure(
                "“\(key)” is \(Self.className(json).brief): Glorot and He, uniform and normal, zeros and "
                    + "ones are there")
        }
        return .string(found.rawValue)
    }

    /// Refuses vectors that begin otherwise than they do here: uniform in ±0.05.
    mutating func requireEmbeddings() throws(Reason) {
        let json = take("embeddings_initializer")
        let config = json.member("config")
        let limits = [config?.member("minval"), config?.member("maxval")].map { $0 ?? .null }
        let isUsual =
            json == .null || json == "uniform"
            || Self.initializer(json) == "randomuniform" && limits[0].isSame(as: -0.05)
                && limits[1].isSame(as: 0.05)
        guard isUsual else {
            throw failure(
                "“embeddings_initializer” is \(Self.className(json).brief): uniform within ±0.05 is there"
            )
        }
    }

    private static func className(_ json: JSONValue) -> JSONValue {
        json.member("class_name") ?? json
    }

    /// "glorotuniform", of a class or of a name.
    private static func initializer(_ json: JSONValue) -> String? {
        guard case .string(let name) = className(json) else { return nil }
        return name.lowercased().filter { $0 != "_" }
    }

    // MARK: What is left

    /// Refuses what this project's layers have not.
    func finish() throws(Reason) {
        for (key, value) in config.sorted(by: { $0.key < $1.key }) {
            guard let expected = Self.problem(key, value) else { continue }
            throw failure("“\(key)” is \(value.brief): \(expected)")
        }
    }

    /// Why a value can't be; nil where it means nothing here.
    private static func problem(_ key: String, _ value: JSONValue) -> String? {
        switch key {
        case "name", "seed", "autocast", "batch_input_shape", "batch_shape": return nil
        case "dtype":
            let name = value.member("config")?.member("name") ?? value
            return name == "float32" || name == .null ? nil : "float32 was expected"
        case "trainable":
            return value == true ? nil : "all layers are trained here"
        case "use_bias", "center", "scale":
            return value == true ? nil : "layers here have it always"
        case "data_format":
            return value == "channels_last" || value == .null ? nil : "channels_last was expected"
        case "dilation_rate", "groups":
            return isOne(value) ? nil : "1 was expected"
        case "bias_initializer", "beta_initializer", "moving_mean_initializer":
            return value == .null || initializer(value) == "zeros" ? nil : "zeros were expected"
        case "gamma_initializer", "moving_variance_initializer":
            return value == .null || initializer(value) == "ones" ? nil : "ones were expected"
        default:
            return value == .null || value == false ? nil : "there is no such thing here"
        }
    }

    private static func isOne(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let list): list.allSatisfy { $0 == 1 }
        default: value == 1 || value == .null
        }
    }
}

extension JSONValue {
    /// Whether both are the same, 0 and 0.0 being one number.
    func isSame(as other: JSONValue) -> Bool {
        if self == other { return true }
        guard self != .null, other != .null, let one = double, let two = other.double else {
            return false
        }
        return one == two
    }
}
