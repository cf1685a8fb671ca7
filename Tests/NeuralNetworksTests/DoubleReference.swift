import Foundation
import NeuralNetworks

/// The plainest possible forward pass in double precision: loops over every index, straight from
/// the layers' definitions. The oracle for every operation and every gradient.
struct DoubleReference {
    let architecture: Architecture

    /// Mean cross-entropy of a batch; every sample a row of `inputs`.
    func loss(_ parameters: [Double], _ inputs: [[Double]], _ labels: [Int]) -> Double {
        var total = 0.0
        for (z, label) in zip(logits(parameters, inputs), labels) {
            let top = z.max()!
            total += log(z.map { exp($0 - top) }.reduce(0, +)) + top - z[label]
        }
        return total / Double(inputs.count)
    }

    /// A batch's logits in training, dropout left out.
    func logits(_ parameters: [Double], _ inputs: [[Double]]) -> [[Double]] {
        var tensors = architecture.layout.entries.map { Array(parameters[$0.range]) }[...]
        return run(architecture.layers, inputs, architecture.input, &tensors).values
    }

    /// What a chain of layers makes of a batch; it takes its tensors from the front of `tensors`.
    private func run(
        _ layers: [Layer], _ inputs: [[Double]], _ shape: FeatureShape,
        _ tensors: inout ArraySlice<[Double]>
    ) -> (values: [[Double]], shape: FeatureShape) {
        var (x, shape) = (inputs, shape)
        for layer in layers {
            guard let output = try? layer.base.output(of: shape),
                let count = try? layer.base.tensors(of: shape).count
            else { preconditionFailure("a layer of a checked architecture") }
            let own = Array(tensors.prefix(count))
            tensors = tensors.dropFirst(count)
            if let block = layer.base as? Residual {
                let inner = run(block.layers, x, shape, &tensors).values
                let outer = run(block.shortcut, x, shape, &tensors).values
                x = zip(inner, outer).map { zip($0, $1).map(+) }
            } else if let norm = layer.base as? BatchNormalization {
                x = normalizeBatch(norm, x, shape, own)
            } else {
                x = x.map { apply(layer, $0, shape, output, own) }
            }
            shape = output
        }
        return (x, shape)
    }

    /// One sample through a layer.
    private func apply(
        _ layer: Layer, _ x: [Double], _ shape: FeatureShape, _ output: FeatureShape,
        _ own: [[Double]]
    ) -> [Double] {
        switch layer.base {
        case is Flatten, is Reshape, is Dropout: x
        case is ReLU: x.map { max($0, 0) }
        case let dense as Dense:
            (0..<dense.units).map { unit in
                var sum = own[1][unit]
                for i in x.indices { sum += x[i] * own[0][i * dense.units + unit] }
                return dense.activation == .relu ? max(sum, 0) : sum
            }
        case let convolution as Convolution2D:
            convolve(convolution, x, shape, output, own[0], own[1])
        case let pooling as MaxPooling2D: pool(pooling, x, shape, output)
        default: applyPlain(layer, x, shape, output, own)
        }
    }

    /// Where the window at output position `index` begins: before 0 if there is padding.
    func origin(_ index: Int, _ size: Int, _ window: Int, _ stride: Int, _ padding: Padding)
        -> Int
    {
        guard padding == .same else { return index * stride }
        let outputs = (size + stride - 1) / stride
        return index * stride - max((outputs - 1) * stride + window - size, 0) / 2
    }

    private func convolve(
        _ layer: Convolution2D, _ x: [Double], _ input: FeatureShape, _ output: FeatureShape,
        _ kernel: [Double], _ bias: [Double]
    ) -> [Double] {
        guard case .image(let h, let w, let c) = input,
            case .image(let outH, let outW, let filters) = output
        else { preconditionFailure("a convolution takes and gives images") }
        var y: [Double] = []
        for i in 0..<outH {
            for j in 0..<outW {
                let top = origin(i, h, layer.kernel.height, layer.strides.height, layer.padding)
                let left = origin(j, w, layer.kernel.width, layer.strides.width, layer.padding)
                for f in 0..<filters {
                    var sum = bias[f]
                    for a in 0..<layer.kernel.height where (0..<h).contains(top + a) {
                        for b in 0..<layer.kernel.width where (0..<w).contains(left + b) {
                            for k in 0..<c {
                                sum +=
                                    x[((top + a) * w + left + b) * c + k]
                                    * kernel[((a * layer.kernel.width + b) * c + k) * filters + f]
                            }
                        }
                    }
                    y.append(layer.activation == .relu ? max(sum, 0) : sum)
                }
            }
        }
        return y
    }

    private func pool(
        _ layer: MaxPooling2D, _ x: [Double], _ input: FeatureShape, _ output: FeatureShape
    ) -> [Double] {
        guard case .image(let h, let w, let c) = input, case .image(let outH, let outW, _) = output
        else { preconditionFailure("a pooling takes and gives images") }
        var y: [Double] = []
        for i in 0..<outH {
            for j in 0..<outW {
                let top = origin(i, h, layer.window.height, layer.strides.height, layer.padding)
                let left = origin(j, w, layer.window.width, layer.strides.width, layer.padding)
                for k in 0..<c {
                    var largest = -Double.infinity
                    for a in 0..<layer.window.height where (0..<h).contains(top + a) {
                        for b in 0..<layer.window.width where (0..<w).contains(left + b) {
                            largest = max(largest, x[((top + a) * w + left + b) * c + k])
                        }
                    }
                    y.append(largest)
                }
            }
        }
        return y
    }
}
