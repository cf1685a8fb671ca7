import Foundation
import NeuralNetworks

/// The layers whose passes are written out, straight from their definitions.
extension DoubleReference {
    /// One sample through a layer that does not look at others.
    func applyPlain(
        _ layer: Layer, _ x: [Double], _ shape: FeatureShape, _ output: FeatureShape,
        _ own: [[Double]]
    ) -> [Double] {
        switch layer.base {
        case is Tanh: x.map(tanh)
        case is Sigmoid: x.map { 1 / (1 + exp(-$0)) }
        case is Softplus: x.map { log(1 + exp($0)) }
        case let leaky as LeakyReLU: x.map { $0 > 0 ? $0 : leaky.slope * $0 }
        case let elu as ELU: x.map { $0 > 0 ? $0 : elu.alpha * (exp($0) - 1) }
        case let gelu as GELU:
            x.map { x in
                gelu.approximate
                    ? 0.5 * x
                        * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
                    : 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
            }
        case let pooling as AveragePooling2D: average(pooling, x, shape, output)
        case is GlobalAveragePooling:
            columns(x, shape).map { $0.reduce(0, +) / Double($0.count) }
        case is GlobalMaxPooling: columns(x, shape).map { $0.max()! }
        case let depthwise as DepthwiseConvolution2D:
            convolve(depthwise, x, shape, output, own[0], own[1])
        case let padding as ZeroPadding2D: pad(padding, x, shape, output)
        case let norm as GroupNormalization: normalize(norm, x, shape, own)
        case let norm as LayerNormalization: normalize(norm, x, shape, own)
        case let embedding as Embedding:
            x.flatMap { own[0][(Int($0) * embedding.size)..<((Int($0) + 1) * embedding.size)] }
        default: preconditionFailure("the reference has no \(type(of: layer.base).kind)")
        }
    }

    private func channels(_ shape: FeatureShape) -> Int { shape.sizes.last! }

    /// The values of each channel.
    private func columns(_ x: [Double], _ shape: FeatureShape) -> [[Double]] {
        let channels = channels(shape)
        return (0..<channels).map { c in stride(from: c, to: x.count, by: channels).map { x[$0] } }
    }

    private func normalized(_ values: [Double], epsilon: Double) -> [Double] {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance =
            values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
        return values.map { ($0 - mean) / (variance + epsilon).squareRoot() }
    }

    /// Normalises the values at each set of places, and then scales and shifts by channel.
    private func normalize(
        _ x: [Double], sets: [[Int]], epsilon: Double, _ own: [[Double]], _ channels: Int
    ) -> [Double] {
        var y = x
        for places in sets {
            let values = normalized(places.map { x[$0] }, epsilon: epsilon)
            for (place, value) in zip(places, values) {
                y[place] = value * own[0][place % channels] + own[1][place % channels]
            }
        }
        return y
    }

    private func normalize(
        _ layer: GroupNormalization, _ x: [Double], _ shape: FeatureShape, _ own: [[Double]]
    ) -> [Double] {
        let channels = channels(shape)
        let size = channels / layer.groups
        let sets = (0..<layer.groups).map { group in
            x.indices.filter { $0 % channels / size == group }
        }
        return normalize(x, sets: sets, epsilon: layer.epsilon, own, channels)
    }

    private func normalize(
        _ layer: LayerNormalization, _ x: [Double], _ shape: FeatureShape, _ own: [[Double]]
    ) -> [Double] {
        let channels = channels(shape)
        let sets = (0..<x.count / channels).map { Array($0 * channels..<($0 + 1) * channels) }
        return normalize(x, sets: sets, epsilon: layer.epsilon, own, channels)
    }

    /// A whole batch, by its own mean and variance.
    func normalizeBatch(
        _ layer: BatchNormalization, _ x: [[Double]], _ shape: FeatureShape, _ own: [[Double]]
    ) -> [[Double]] {
        let channels = channels(shape)
        let all = x.flatMap(\.self)
        let sets = (0..<channels).map { c in all.indices.filter { $0 % channels == c } }
        let y = normalize(all, sets: sets, epsilon: layer.epsilon, own, channels)
        let size = shape.count
        return x.indices.map { Array(y[$0 * size..<($0 + 1) * size]) }
    }

    /// Calls `body` with each output position and the places of the image under its window, with where they
    /// are in the window.
    private func slide(
        _ window: Extent2D, _ strides: Extent2D, _ padding: Padding, _ input: FeatureShape,
        _ output: FeatureShape,
        _ body: (_ position: Int, _ places: [(place: Int, tap: Int)]) -> Void
    ) {
        let (h, w) = (input.sizes[0], input.sizes[1])
        for i in 0..<output.sizes[0] {
            for j in 0..<output.sizes[1] {
                let top = origin(i, h, window.height, strides.height, padding)
                let left = origin(j, w, window.width, strides.width, padding)
                var places: [(Int, Int)] = []
                for a in 0..<window.height where (0..<h).contains(top + a) {
                    for b in 0..<window.width where (0..<w).contains(left + b) {
                        places.append(((top + a) * w + left + b, a * window.width + b))
                    }
                }
                body(i * output.sizes[1] + j, places)
            }
        }
    }

    private func average(
        _ layer: AveragePooling2D, _ x: [Double], _ input: FeatureShape, _ output: FeatureShape
    ) -> [Double] {
        let channels = channels(input)
        var y = [Double](repeating: 0, count: output.count)
        slide(layer.window, layer.strides, layer.padding, input, output) { position, places in
            for c in 0..<channels {
                let values = places.map { x[$0.place * channels + c] }
                y[position * channels + c] = values.reduce(0, +) / Double(values.count)
            }
        }
        return y
    }

    private func convolve(
        _ layer: DepthwiseConvolution2D, _ x: [Double], _ input: FeatureShape,
        _ output: FeatureShape, _ kernel: [Double], _ bias: [Double]
    ) -> [Double] {
        let (channels, multiplier) = (channels(input), layer.multiplier)
        var y = [Double](repeating: 0, count: output.count)
        slide(layer.kernel, layer.strides, layer.padding, input, output) { position, places in
            for c in 0..<channels {
                for m in 0..<multiplier {
                    var sum = bias[c * multiplier + m]
                    for (place, tap) in places {
                        sum +=
                            x[place * channels + c] * kernel[(tap * channels + c) * multiplier + m]
                    }
                    y[(position * channels + c) * multiplier + m] =
                        layer.activation == .relu ? max(sum, 0) : sum
                }
            }
        }
        return y
    }

    private func pad(
        _ layer: ZeroPadding2D, _ x: [Double], _ input: FeatureShape, _ output: FeatureShape
    ) -> [Double] {
        let (h, w, channels) = (input.sizes[0], input.sizes[1], input.sizes[2])
        var y = [Double](repeating: 0, count: output.count)
        for i in 0..<h {
            for j in 0..<w {
                for c in 0..<channels {
                    y[((layer.top + i) * output.sizes[1] + layer.left + j) * channels + c] =
                        x[(i * w + j) * channels + c]
                }
            }
        }
        return y
    }
}
