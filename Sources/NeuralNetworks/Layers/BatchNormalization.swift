/// y = γ (x − μ) / √(σ² + ε) + β: in training with the mean μ and the variance σ² of a channel over the batch
/// and all places, elsewhere with those that training has counted along.
///
/// Each step of training moves what is counted along: μ_r ← m μ_r + (1 − m) μ, and σ² likewise, neither being
/// corrected for the batch's size. Both are tensors of the model, which no optimiser touches, and which a
/// federation averages as any other. A variance below 0, as a server's optimiser may make one, counts as 0.
///
/// A batch goes through whole, however large: no part of it has the whole's mean.
///
/// Source: Ioffe and Szegedy, "Batch normalization", ICML 2015, Algorithm 1; defaults are Keras's.
public struct BatchNormalization: PlainLayer {
    /// "batch-normalization".
    public static let kind = "batch-normalization"
    /// "batchnorm".
    public static let tensorPrefix = "batchnorm"
    /// Whether what becomes of a sample depends on the others of its batch: yes.
    public static let mixesSamples = true

    /// m, 0 to 1.
    public var momentum: Double
    /// ε, above 0.
    public var epsilon: Double

    /// With Keras's settings, unless others are given.
    public init(momentum: Double = 0.99, epsilon: Double = 1e-3) {
        self.momentum = momentum
        self.epsilon = epsilon
    }

    /// The input's.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try input.check()
        try LayerError.require(epsilon: epsilon)
        guard momentum >= 0, momentum <= 1 else {
            throw .other("the momentum \(momentum) of its statistics must be 0 to 1")
        }
        return input
    }

    /// γ: gamma [C], β: beta [C], and the statistics μ_r: mean [C] and σ_r²: variance [C].
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        let shape = [input.channels]
        return [
            LayerTensor("gamma", shape, .ones), LayerTensor("beta", shape, .zeros),
            LayerTensor("mean", shape, .zeros, isStatistic: true),
            LayerTensor("variance", shape, .ones, isStatistic: true),
        ]
    }

    /// For each channel the batch's mean and 1 / √(σ² + ε); and four numbers to work with.
    public func memoryCount(of input: FeatureShape, batchSize: Int) -> Int { 6 * input.channels }

    /// Seven or so a number.
    public func flopsPerSample(of input: FeatureShape) -> Int { 7 * input.count }

    /// Normalises, and counts the statistics along where it may.
    public func forward(_ pass: LayerPass) {
        let channels = pass.shape.channels
        let (mean, inverse) = (pass.memory, pass.memory + channels)
        let scale = pass.memory + 2 * channels
        if pass.isTraining {
            average(pass, into: mean) { x, rows, sums in
                ChannelLoops.addSums(x, rows: rows, channels, to: sums)
            }
            average(pass, into: inverse) { x, rows, sums in
                ChannelLoops.addSquares(x, mean: mean, rows: rows, channels, to: sums)
            }
            if let statistics = pass.statistics {
                count(mean, into: statistics + 2 * channels, channels)
                count(inverse, into: statistics + 3 * channels, channels)
            }
        } else {
            mean.update(from: pass.parameters + 2 * channels, count: channels)
            inverse.update(from: pass.parameters + 3 * channels, count: channels)
        }
        for c in 0..<channels {
            let variance = inverse[c] < 0 ? 0 : Double(inverse[c])
            inverse[c] = Float(1 / (variance + epsilon).squareRoot())
            scale[c] = pass.parameters[c] * inverse[c]
        }
        ChannelLoops.scale(
            pass.input, mean: mean, scale: scale, shift: pass.parameters + channels,
            rows: pass.count * pass.inputCount / channels, channels, into: pass.output)
    }

    /// With x̂ = (x − μ) / √(σ² + ε): dγ = Σ dy x̂, dβ = Σ dy, dx = γ (dy − mean(dy) − x̂ mean(dy x̂)) /
    /// √(σ² + ε), the means over batch and places.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        let channels = pass.shape.channels
        let rows = pass.count * pass.inputCount / channels
        let (mean, inverse) = (pass.memory, pass.memory + channels)
        let (sums, products) = (pass.memory + 2 * channels, pass.memory + 3 * channels)
        let (scale, slope) = (pass.memory + 4 * channels, pass.memory + 5 * channels)
        let (allSums, allProducts) = (scale, slope)
        allSums.update(repeating: 0, count: 2 * channels)
        for sample in 0..<pass.count {
            // Sums of sums: one of all places would lose digits.
            sums.update(repeating: 0, count: 2 * channels)
            ChannelLoops.addGradients(
                gradients.output + sample * pass.outputCount,
                pass.input + sample * pass.inputCount, mean: mean, rows: rows / pass.count,
                channels, sums: sums, products: products)
            for c in 0..<channels {
                allSums[c] += sums[c]
                allProducts[c] += products[c]
            }
        }
        let share = 1 / Float(rows)
        for c in 0..<channels {
            let (sum, product) = (allSums[c], allProducts[c] * inverse[c])
            gradients.parameters[c] += product
            gradients.parameters[channels + c] += sum
            scale[c] = pass.parameters[c] * inverse[c]
            slope[c] = scale[c] * inverse[c] * product * share
            sums[c] = scale[c] * sum * share
        }
        guard let dx = gradients.input else { return }
        ChannelLoops.gradient(
            gradients.output, pass.input, mean: mean, scale: scale, slope: slope, shift: sums,
            rows: rows, channels, into: dx)
    }

    /// The mean over batch and places of what `add` adds up of a sample's rows.
    private func average(
        _ pass: LayerPass, into mean: UnsafeMutablePointer<Float>,
        _ add: (_ x: UnsafePointer<Float>, _ rows: Int, _ sums: UnsafeMutablePointer<Float>) -> Void
    ) {
        let channels = pass.shape.channels
        let sums = pass.memory + 3 * channels
        let rows = pass.inputCount / channels
        mean.update(repeating: 0, count: channels)
        for sample in 0..<pass.count {
            sums.update(repeating: 0, count: channels)
            add(pass.input + sample * pass.inputCount, rows, sums)
            for c in 0..<channels { mean[c] += sums[c] }
        }
        let share = 1 / Float(rows * pass.count)
        for c in 0..<channels { mean[c] *= share }
    }

    private func count(
        _ found: UnsafePointer<Float>, into statistic: UnsafeMutablePointer<Float>, _ channels: Int
    ) {
        let (old, new) = (Float(momentum), Float(1 - momentum))
        for c in 0..<channels { statistic[c] = old * statistic[c] + new * found[c] }
    }
}

extension BatchNormalization {
    private enum CodingKeys: CodingKey { case momentum, epsilon }

    /// Reads it; both may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            momentum: try container.decodeIfPresent(Double.self, forKey: .momentum) ?? 0.99,
            epsilon: try container.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-3)
    }
}
