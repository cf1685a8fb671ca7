import CKernels
import Tensors

/// Group normalisation, what a residual block adds to it, and ReLU: y = max(0, norm(x) + other), either
/// left out where it isn't there. Channels fill whole vectors.
package struct GroupNormalizationOperation: Operation {
    package let name: String
    let layer: GroupNormalization
    /// Places of an image.
    let rows: Int
    let channels: Int
    /// Offset of γ and β in the parameters.
    let parameters: Int
    let relu: Bool
    let input: Activations
    /// What is added; nil for nothing.
    let other: Activations?
    let output: Activations
    /// Each sample's means and 1 / √(σ² + ε) by channel.
    private let statistics: ArenaRegion
    /// Six numbers a channel.
    private let scratch: ArenaRegion

    init(
        name: String, layer: GroupNormalization, rows: Int, channels: Int, parameters: Int,
        relu: Bool, input: Activations, other: Activations?, output: Activations, batchSize: Int,
        arena: inout ArenaPlan
    ) {
        self.name = name
        self.layer = layer
        self.rows = rows
        self.channels = channels
        self.parameters = parameters
        self.relu = relu
        self.input = input
        self.other = other
        self.output = output
        statistics = arena.reserve(2 * batchSize * channels)
        scratch = arena.reserve(6 * channels)
    }

    private var size: Int { rows * channels }
    package var flopsPerSample: Int { 7 * size }
    package var parameterCount: Int { 2 * channels }
    package var activationCount: Int { (other == nil ? 2 : 3) * size }

    package func forward(_ pass: Pass) {
        let gamma = pass.parameters + parameters
        let beta = gamma + channels
        let scale = pass.arena[scratch]
        for sample in 0..<pass.count {
            let x = pass.arena[input.values] + sample * size
            let mean = pass.arena[statistics] + 2 * sample * channels
            let inverse = mean + channels
            mean.update(repeating: 0, count: 2 * channels)
            ck_channel_sums(x, rows, channels, mean)
            shareOut(mean) { $0 }
            ck_channel_squares(x, mean, rows, channels, inverse)
            shareOut(inverse) { 1 / ($0 + layer.epsilon).squareRoot() }
            for c in 0..<channels { scale[c] = gamma[c] * inverse[c] }
            ck_normalize(
                x, mean, scale, beta, other.map { pass.arena[$0.values] + sample * size },
                relu ? 1 : 0, rows, channels, pass.arena[output.values] + sample * size)
        }
    }

    /// See `GroupNormalization.backward`; what is added gets the gradient behind ReLU.
    package func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient else { return }
        let gamma = pass.parameters + parameters
        let scratch = pass.arena[scratch]
        let (sums, products) = (scratch, scratch + channels)
        let (scale, slope) = (scratch + 2 * channels, scratch + 3 * channels)
        let (gammaGradient, betaGradient) = (scratch + 4 * channels, scratch + 5 * channels)
        gammaGradient.update(repeating: 0, count: 2 * channels)
        for sample in 0..<pass.count {
            let x = pass.arena[input.values] + sample * size
            let dy = pass.arena[region] + sample * size
            let mean = pass.arena[statistics] + 2 * sample * channels
            let inverse = mean + channels
            let otherGradient = other?.gradient.map { pass.arena[$0] + sample * size }
            sums.update(repeating: 0, count: 2 * channels)
            if !relu { otherGradient?.update(from: dy, count: size) }
            let g = relu ? otherGradient ?? dy : dy
            ck_norm_gradient_sums(
                dy, relu ? pass.arena[output.values] + sample * size : nil, x, mean, rows,
                channels, g, sums, products)
            for c in 0..<channels {
                gammaGradient[c] += products[c] * inverse[c]
                betaGradient[c] += sums[c]
                scale[c] = gamma[c] * inverse[c]
                slope[c] = gamma[c] * products[c]
                sums[c] *= gamma[c]
            }
            guard let gradient = input.gradient else { continue }
            shareOut(sums) { $0 }
            shareOut(slope) { $0 }
            for c in 0..<channels {
                sums[c] *= inverse[c]
                slope[c] *= inverse[c] * inverse[c] * inverse[c]
            }
            ck_norm_gradient(
                g, x, mean, scale, slope, sums, rows, channels,
                pass.arena[gradient] + sample * size)
        }
        ck_axpy(pass.scale, gammaGradient, target + parameters, 2 * channels)
    }

    /// Makes each channel's number its group's: what `body` makes of their mean over the image's places.
    private func shareOut(
        _ numbers: UnsafeMutablePointer<Float>, _ body: (Double) -> Double
    ) {
        let size = channels / layer.groups
        let share = 1 / (Double(rows) * Double(size))
        for group in 0..<layer.groups {
            let own = numbers + group * size
            var sum = 0.0
            for c in 0..<size { sum += Double(own[c]) }
            own.update(repeating: Float(body(sum * share)), count: size)
        }
    }
}
