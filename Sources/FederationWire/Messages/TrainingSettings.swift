import Federation
import JSON

/// How clients train, as a server tells them: part of `RunSettings`.
public struct TrainingSettings: Message {
    /// E, passes over the samples; a fraction ends within one. nil where `steps` says how long.
    public var epochs: Double?
    /// Steps of SGD; nil where `epochs` says how long.
    public var steps: Int?
    /// B; nil for all samples at once.
    public var batchSize: Int?
    /// η in round 1.
    public var learningRate: Float
    /// d: in round r the learning rate is η d^(r − 1).
    public var learningRateDecay: Double
    /// β.
    public var momentum: Float
    /// λ.
    public var weightDecay: Float
    /// Largest norm of a batch's gradient; nil for any.
    public var gradientClip: Float?

    /// All of it.
    public init(
        epochs: Double? = nil, steps: Int? = nil, batchSize: Int?, learningRate: Float,
        learningRateDecay: Double = 1, momentum: Float = 0, weightDecay: Float = 0,
        gradientClip: Float? = nil
    ) {
        self.epochs = epochs
        self.steps = steps
        self.batchSize = batchSize
        self.learningRate = learningRate
        self.learningRateDecay = learningRateDecay
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.gradientClip = gradientClip
    }

    public init(_ fields: inout Fields) throws(APIError) {
        let counts = 1...Int(Int32.max)
        steps = fields.value("steps") == nil ? nil : try fields.int("steps", in: counts)
        if steps == nil || fields.value("epochs") != nil {
            let value = try fields.number("epochs")
            guard steps == nil, value > 0, value <= Double(Int32.max) else {
                throw fields.failure("epochs", "a number above 0, or null beside “steps”")
            }
            epochs = value
        }
        batchSize =
            fields.value("batchSize") == nil ? nil : try fields.int("batchSize", in: counts)
        learningRate = try fields.positive("learningRate")
        learningRateDecay = try fields.optionalNumber("learningRateDecay") ?? 1
        guard learningRateDecay > 0, learningRateDecay <= 1 else {
            throw fields.failure("learningRateDecay", "a number above 0 and at most 1")
        }
        momentum = try fields.nonNegative("momentum")
        guard momentum < 1 else {
            throw fields.failure("momentum", "a number from 0 to below 1")
        }
        weightDecay = try fields.nonNegative("weightDecay")
        gradientClip =
            fields.value("gradientClip") == nil ? nil : try fields.positive("gradientClip")
    }

    /// As members of the settings' object.
    var members: [String: JSONValue] {
        [
            "epochs": epochs.map(JSONValue.number) ?? nil,
            "steps": steps.map(JSONValue.integer) ?? nil,
            "batchSize": batchSize.map(JSONValue.integer) ?? nil,
            "learningRate": .number(Double(learningRate)),
            "learningRateDecay": .number(learningRateDecay),
            "momentum": .number(Double(momentum)), "weightDecay": .number(Double(weightDecay)),
            "gradientClip": gradientClip.map { .number(Double($0)) } ?? nil,
        ]
    }

    public var json: JSONValue { .object(members) }
}

extension Fields {
    fileprivate func positive(_ key: String) throws(APIError) -> Float {
        let value = Float(try number(key))
        guard value > 0, value.isFinite else { throw failure(key, "a number above 0") }
        return value
    }

    func nonNegative(_ key: String) throws(APIError) -> Float {
        let value = Float(try optionalNumber(key) ?? 0)
        guard value >= 0, value.isFinite else { throw failure(key, "a number of at least 0") }
        return value
    }
}
