import CKernels

/// y = γ (x − μ) / √(σ² + ε) + β, with the mean μ and the variance σ² of the channels at each place of an
/// image, or of a vector's numbers.
///
/// As Keras's `LayerNormalization` over the last axis. γ and β are a channel's own.
///
/// Source: Ba, Kiros and Hinton, "Layer normalization", 2016, equation 3.
public struct LayerNormalization: PlainLayer {
    /// "layer-normalization".
    public static let kind = "layer-normalization"
    /// "layernorm".
    public static let tensorPrefix = "layernorm"

    /// ε, above 0.
    public var epsilon: Double

    /// With Keras's ε, unless another is given.
    public init(epsilon: Double = 1e-3) { self.epsilon = epsilon }

    /// The input's.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try input.check()
        try LayerError.require(epsilon: epsilon)
        return input
    }

    /// γ: gamma [C], and β: beta [C].
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        [
            LayerTensor("gamma", [input.channels], .ones),
            LayerTensor("beta", [input.channels], .zeros),
        ]
    }

    /// For each place mean and 1 / √(σ² + ε); and a number a channel to work with.
    public func memoryCount(of input: FeatureShape, batchSize: Int) -> Int {
        2 * batchSize * (input.count / input.channels) + input.channels
    }

    /// Seven or so a number.
    public func flopsPerSample(of input: FeatureShape) -> Int { 7 * input.count }

    /// Normalises each place by itself.
    public func forward(_ pass: LayerPass) {
        let channels = pass.shape.channels
        let beta = pass.parameters + channels
        for row in 0..<pass.count * pass.inputCount / channels {
            let (x, y) = (pass.input + row * channels, pass.output + row * channels)
            let mean = ck_sum(x, channels) / Float(channels)
            for c in 0..<channels { y[c] = x[c] - mean }
            let variance = ck_sum_of_squares(y, channels) / Double(channels)
            let inverse = Float(1 / (variance + epsilon).squareRoot())
            for c in 0..<channels { y[c] = y[c] * inverse * pass.parameters[c] + beta[c] }
            pass.memory[2 * row] = mean
            pass.memory[2 * row + 1] = inverse
        }
    }

    /// With x̂ = (x − μ) / √(σ² + ε) and g = γ dy: dx = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε), the means
    /// over the channels; dγ = Σ dy x̂, dβ = Σ dy.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        let channels = pass.shape.channels
        let rows = pass.count * pass.inputCount / channels
        let products = pass.memory + 2 * rows
        let (gamma, beta) = (gradients.parameters, gradients.parameters + channels)
        for row in 0..<rows {
            let (x, g) = (pass.input + row * channels, gradients.output + row * channels)
            let (mean, inverse) = (pass.memory[2 * row], pass.memory[2 * row + 1])
            for c in 0..<channels {
                let normal = (x[c] - mean) * inverse
                gamma[c] += g[c] * normal
                beta[c] += g[c]
                g[c] *= pass.parameters[c]
                products[c] = g[c] * normal
            }
            guard let dx = gradients.input.map({ $0 + row * channels }) else { continue }
            let shift = ck_sum(g, channels) / Float(channels)
            let slope = ck_sum(products, channels) / Float(channels)
            for c in 0..<channels {
                dx[c] = inverse * (g[c] - shift - (x[c] - mean) * inverse * slope)
            }
        }
    }
}

extension LayerNormalization {
    private enum CodingKeys: CodingKey { case epsilon }

    /// Reads it; ε may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(epsilon: try container.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-3)
    }
}
