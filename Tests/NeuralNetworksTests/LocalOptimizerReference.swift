import Foundation
import NeuralNetworks

extension LocalOptimizerTests {
    /// The formula of `LocalOptimizer`, in double precision, as it stands there.
    struct Reference {
        let optimizer: LocalOptimizer
        let anchor: [Double]
        let correction: [Double]
        var parameters: [Double]
        var velocity: [Double]

        init(_ setting: Setting, _ start: [Double], _ correction: [Double]) {
            optimizer = setting.optimizer
            anchor = start
            self.correction = setting.isCorrected ? correction : start.map { _ in 0 }
            parameters = start
            velocity = start.map { _ in 0 }
        }

        mutating func step(_ gradient: [Double]) {
            let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let clip = optimizer.gradientClip.map { min(1, Double($0) / norm) } ?? 1
            for i in parameters.indices {
                let w = parameters[i]
                velocity[i] =
                    Double(optimizer.momentum) * velocity[i] + clip * gradient[i]
                    + Double(optimizer.weightDecay) * w
                    + Double(optimizer.proximal) * (w - anchor[i])
                parameters[i] = w - Double(optimizer.learningRate) * (velocity[i] + correction[i])
            }
        }
    }

    /// The gradient of softmax regression's mean cross-entropy: kernel [in][classes], then bias.
    static func gradient(
        _ parameters: [Double], _ inputs: [[Double]], _ labels: [Int], classes: Int
    ) -> [Double] {
        var gradient = parameters.map { _ in 0.0 }
        let width = inputs[0].count
        for (x, label) in zip(inputs, labels) {
            let z = (0..<classes).map { c in
                parameters[width * classes + c]
                    + x.indices.reduce(0) { $0 + x[$1] * parameters[$1 * classes + c] }
            }
            let sum = z.reduce(0) { $0 + exp($1) }
            for c in 0..<classes {
                let d = (exp(z[c]) / sum - (c == label ? 1 : 0)) / Double(inputs.count)
                for i in x.indices { gradient[i * classes + c] += x[i] * d }
                gradient[width * classes + c] += d
            }
        }
        return gradient
    }
}
