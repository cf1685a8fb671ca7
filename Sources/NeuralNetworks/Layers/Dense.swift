/// y[o] = Σ x[i] · kernel[i][o] + bias[o].
public struct Dense: LayerDefinition {
    /// "dense".
    public static let kind = "dense"

    /// Outputs.
    public var units: Int
    /// What is done to each output.
    public var activation: Activation
    /// How the kernel starts.
    public var initializer: KernelInitializer

    /// With so many outputs.
    public init(
        _ units: Int, activation: Activation = .identity,
        initializer: KernelInitializer = .glorotUniform
    ) {
        self.units = units
        self.activation = activation
        self.initializer = initializer
    }

    /// [units].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try LayerError.require(units)
        guard case .vector = input else { throw .needsVector(found: input) }
        return .vector(units)
    }

    /// kernel [in][out] and bias [out].
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        try LayerError.require(units)
        try LayerError.require(product: input.sizes + [units])
        return [
            LayerTensor(
                "kernel", [input.count, units],
                initializer.initializer(fanIn: input.count, fanOut: units)),
            LayerTensor("bias", [units], .zeros),
        ]
    }
}

extension Dense {
    private enum CodingKeys: CodingKey { case units, activation, initializer }

    /// Reads it; all but the units may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(Int.self, forKey: .units),
            activation: try container.decodeIfPresent(Activation.self, forKey: .activation)
                ?? .identity,
            initializer: try container.decodeIfPresent(
                KernelInitializer.self, forKey: .initializer) ?? .glorotUniform)
    }
}
