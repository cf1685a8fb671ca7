import Foundation
import NeuralNetworks

/// The plainest possible forward pass in double precision: loops over every index, straight from
/// the layers' definitions. The oracle for every operation and every gradient.
struct DoubleReference {
    let architecture: Architecture

    /// Mean cross-entropy of a batch; every sample a row of `inputs`.
    func loss(_ parameters: [Double], _ inputs: [[Double]], _ labels: [Int]) -> Double {
        var total = 0.0
        for (input, label) in zip(inputs, labels) {
            let z = logits(parameters, input)
            let top = z.max()!
            total += log(z.map { exp($0 - top) }.reduce(0, +)) + top - z[label]
        }
        return total / Double(inputs.count)
    }

    /// One sample's logits.
    func logits(_ parameters: [Double], _ input: [Double]) -> [Double] {
        var x = input
        var shape = architecture.input
        var tensor = 0
        for (position, layer) in architecture.layers.enumerated() {
            let outputShape = architecture.shapes[position]
            switch layer {
            case .flatten, .dropout: break
            case .relu: x = x.map { max($0, 0) }
            case .dense(let dense):
                let (kernel, bias) = take(parameters, &tensor)
                x = (0..<dense.units).map { unit in
                    var sum = bias[unit]
                    for i in x.indices { sum += x[i] * kernel[i * dense.units + unit] }
                    return dense.activation == .relu ? max(sum, 0) : sum
                }
            case .convolution(let convolution):
                let (kernel, bias) = take(parameters, &tensor)
                x = convolve(convolution, x, shape, outputShape, kernel, bias)
            case .maxPooling(let pooling):
                x = pool(pooling, x, shape, outputShape)
            }
            shape = outputShape
        }
        return x
    }

    private func take(_ parameters: [Double], _ tensor: inout Int) -> ([Double], [Double]) {
        let entries = architecture.layout.entries
        defer { tensor += 2 }
        return (
            Array(parameters[entries[tensor].range]), Array(parameters[entries[tensor + 1].range])
        )
    }

    /// Where the window at output position `index` begins: before 0 if there is padding.
    private func origin(_ index: Int, _ size: Int, _ window: Int, _ stride: Int, _ padding: Padding)
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
