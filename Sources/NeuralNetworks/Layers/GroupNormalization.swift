/// y = γ (x − μ) / √(σ² + ε) + β, with the mean μ and the variance σ² of a sample's group of channels over
/// all places.
///
/// C channels are divided into `groups` of C / groups neighbours. γ and β are a channel's own. A vector is an
/// image of one place. Nothing of other samples comes in, and nothing is counted along: what federated
/// networks have in the place of batch normalisation.
///
/// Source: Wu and He, "Group normalization", ECCV 2018, equations 1 to 3 and 7.
public struct GroupNormalization: PlainLayer {
    /// "group-normalization".
    public static let kind = "group-normalization"
    /// "groupnorm".
    public static let tensorPrefix = "groupnorm"

    /// Groups, which divide the channels.
    public var groups: Int
    /// ε, above 0.
    public var epsilon: Double

    /// With so many groups, and Keras's ε unless another is given.
    public init(groups: Int, epsilon: Double = 1e-3) {
        self.groups = groups
        self.epsilon = epsilon
    }

    /// The input's.
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        try input.check()
        try LayerError.require(groups)
        try LayerError.require(epsilon: epsilon)
        guard input.channels % groups == 0 else {
            throw .other("\(groups) groups do not divide \(input.channels) channels")
        }
        return input
    }

    /// γ: gamma [C], and β: beta [C].
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        [
            LayerTensor("gamma", [input.channels], .ones),
            LayerTensor("beta", [input.channels], .zeros),
        ]
    }

    /// For each sample and channel mean and 1 / √(σ² + ε); and four numbers a channel to work with.
    public func memoryCount(of input: FeatureShape, batchSize: Int) -> Int {
        (2 * batchSize + 4) * input.channels
    }

    /// Seven or so a number.
    public func flopsPerSample(of input: FeatureShape) -> Int { 7 * input.count }

    /// Normalises each sample by itself.
    public func forward(_ pass: LayerPass) {
        let channels = pass.shape.channels
        let rows = pass.inputCount / channels
        let scale = pass.memory + 2 * pass.count * channels
        for sample in 0..<pass.count {
            let x = pass.input + sample * pass.inputCount
            let mean = pass.memory + 2 * sample * channels
            let inverse = mean + channels
            mean.update(repeating: 0, count: channels)
            ChannelLoops.addSums(x, rows: rows, channels, to: mean)
            shareOut(mean, channels, share: 1 / Double(rows)) { $0 }
            inverse.update(repeating: 0, count: channels)
            ChannelLoops.addSquares(x, mean: mean, rows: rows, channels, to: inverse)
            shareOut(inverse, channels, share: 1 / Double(rows)) {
                1 / ($0 + epsilon).squareRoot()
            }
            for c in 0..<channels { scale[c] = pass.parameters[c] * inverse[c] }
            ChannelLoops.scale(
                x, mean: mean, scale: scale, shift: pass.parameters + channels, rows: rows,
                channels, into: pass.output + sample * pass.outputCount)
        }
    }

    /// With x̂ = (x − μ) / √(σ² + ε) and g = γ dy: dx = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε), the means
    /// over the group; dγ = Σ dy x̂, dβ = Σ dy.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        let channels = pass.shape.channels
        let rows = pass.inputCount / channels
        let sums = pass.memory + 2 * pass.count * channels
        let (products, scale, slope) = (sums + channels, sums + 2 * channels, sums + 3 * channels)
        for sample in 0..<pass.count {
            let x = pass.input + sample * pass.inputCount
            let dy = gradients.output + sample * pass.outputCount
            let mean = pass.memory + 2 * sample * channels
            let inverse = mean + channels
            sums.update(repeating: 0, count: 2 * channels)
            ChannelLoops.addGradients(
                dy, x, mean: mean, rows: rows, channels, sums: sums, products: products)
            for c in 0..<channels {
                let (gamma, ownSum, ownProduct) = (pass.parameters[c], sums[c], products[c])
                gradients.parameters[c] += ownProduct * inverse[c]
                gradients.parameters[channels + c] += ownSum
                scale[c] = gamma * inverse[c]
                sums[c] = gamma * ownSum
                slope[c] = gamma * ownProduct
            }
            guard let dx = gradients.input else { continue }
            shareOut(sums, channels, share: 1 / Double(rows)) { $0 }
            shareOut(slope, channels, share: 1 / Double(rows)) { $0 }
            for c in 0..<channels {
                sums[c] *= inverse[c]
                slope[c] *= inverse[c] * inverse[c] * inverse[c]
            }
            ChannelLoops.gradient(
                dy, x, mean: mean, scale: scale, slope: slope, shift: sums, rows: rows, channels,
                into: dx + sample * pass.inputCount)
        }
    }

    /// Makes each channel's number its group's: what `body` makes of their mean times `share`.
    private func shareOut(
        _ numbers: UnsafeMutablePointer<Float>, _ channels: Int, share: Double,
        _ body: (Double) -> Double
    ) {
        let size = channels / groups
        for group in 0..<groups {
            let own = numbers + group * size
            var sum = 0.0
            for c in 0..<size { sum += Double(own[c]) }
            own.update(repeating: Float(body(sum * share / Double(size))), count: size)
        }
    }
}

extension GroupNormalization {
    private enum CodingKeys: CodingKey { case groups, epsilon }

    /// Reads it; ε may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            groups: try container.decode(Int.self, forKey: .groups),
            epsilon: try container.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-3)
    }
}
