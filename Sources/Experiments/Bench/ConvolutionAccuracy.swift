import NeuralNetworks
import Parameters

/// How far convolutions are from their values in double precision, with weights and activations as
/// in training: Glorot-uniform kernels, and inputs that have gone through a ReLU.
package enum ConvolutionAccuracy {
    /// Largest error over largest value, and the errors' root mean square over the values'.
    package struct Error {
        package var largest = 0.0
        package var rootMeanSquare = 0.0

        package init() {}
    }

    /// Convolution, ReLU and pooling of a `side`×`side` image with `channels` channels.
    package static func measure(
        side: Int, channels: Int, filters: Int, kernel: Int, engine: Engine, seed: UInt64
    ) throws -> Error {
        let architecture = try Architecture(
            input: .image(height: side, width: side, channels: channels),
            [
                .convolution(
                    filters: filters, kernel: Extent2D(height: kernel, width: kernel),
                    activation: .relu),
                .maxPooling(2), .flatten,
            ])
        let plan = Plan(architecture, batchSize: 1, purpose: .inference, engine: engine)
        let parameters = architecture.initialParameters(seed: seed)
        var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
        for index in 0..<architecture.input.count {
            plan.images[index] = Float(max(0, random.nextUniform(-1, 1)))
        }
        plan.load(parameters)
        plan.forward(count: 1)
        let image = (0..<architecture.input.count).map { Double(plan.images[$0]) }
        let weights = parameters.array(in: 0..<architecture.parameterCount).map(Double.init)
        let out = side - kernel + 1
        var error = Error()
        var (largest, squares, errors) = (0.0, 0.0, 0.0)
        for py in 0..<out / 2 {
            for px in 0..<out / 2 {
                for filter in 0..<filters {
                    var exact = 0.0
                    for place in 0..<4 {
                        var sum = 0.0
                        for ky in 0..<kernel {
                            for kx in 0..<kernel {
                                let y = 2 * py + place / 2 + ky
                                let x = 2 * px + place % 2 + kx
                                for c in 0..<channels {
                                    sum +=
                                        image[(y * side + x) * channels + c]
                                        * weights[
                                            ((ky * kernel + kx) * channels + c) * filters + filter]
                                }
                            }
                        }
                        exact = max(exact, sum)
                    }
                    let found = Double(plan.logits[(py * (out / 2) + px) * filters + filter])
                    error.largest = max(error.largest, abs(found - exact))
                    errors += (found - exact) * (found - exact)
                    squares += exact * exact
                    largest = max(largest, exact)
                }
            }
        }
        error.largest /= largest
        error.rootMeanSquare = (errors / squares).squareRoot()
        return error
    }
}
