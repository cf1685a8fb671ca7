import Foundation
import NeuralNetworks
import Testing

extension LocalOptimizerTests {
    /// An optimiser, and whether SCAFFOLD's correction goes with it.
    struct Setting: Sendable, CustomTestStringConvertible {
        let name: String
        let optimizer: LocalOptimizer
        var isCorrected = false
        var testDescription: String { name }
    }

    static let settings = [
        Setting(name: "plain", optimizer: LocalOptimizer(learningRate: 0.5)),
        Setting(name: "momentum", optimizer: LocalOptimizer(learningRate: 0.2, momentum: 0.9)),
        Setting(name: "decay", optimizer: LocalOptimizer(learningRate: 0.5, weightDecay: 0.3)),
        Setting(name: "proximal", optimizer: LocalOptimizer(learningRate: 0.5, proximal: 0.7)),
        Setting(name: "clip", optimizer: LocalOptimizer(learningRate: 0.5, gradientClip: 0.1)),
        Setting(
            name: "correction", optimizer: LocalOptimizer(learningRate: 0.5), isCorrected: true),
        Setting(
            name: "momentum and correction",
            optimizer: LocalOptimizer(learningRate: 0.2, momentum: 0.5), isCorrected: true),
        Setting(
            name: "all but clip",
            optimizer: LocalOptimizer(
                learningRate: 0.2, momentum: 0.9, weightDecay: 0.3, proximal: 0.7),
            isCorrected: true),
        Setting(
            name: "all",
            optimizer: LocalOptimizer(
                learningRate: 0.2, momentum: 0.9, weightDecay: 0.3, proximal: 0.7,
                gradientClip: 0.1),
            isCorrected: true),
        Setting(
            name: "Nesterov",
            optimizer: LocalOptimizer(learningRate: 0.2, momentum: 0.9, nesterov: true)),
        Setting(
            name: "Nesterov with all",
            optimizer: LocalOptimizer(
                learningRate: 0.2, momentum: 0.9, nesterov: true, weightDecay: 0.3, proximal: 0.7,
                gradientClip: 0.1),
            isCorrected: true),
        // A step of a gradient that is nothing but rounding would be as long as any: ε is larger than that.
        Setting(
            name: "Adam", optimizer: LocalOptimizer(.adam, learningRate: 0.05, epsilon: 0.01)),
        Setting(
            name: "Adam with all",
            optimizer: LocalOptimizer(
                .adam, learningRate: 0.05, beta1: 0.5, beta2: 0.75, epsilon: 0.01,
                weightDecay: 0.3, proximal: 0.7, gradientClip: 0.1)),
        Setting(
            name: "AdamW with all",
            optimizer: LocalOptimizer(
                .adamw, learningRate: 0.05, epsilon: 0.01, weightDecay: 0.3, proximal: 0.7,
                gradientClip: 0.1)),
    ]

    /// The formula of `LocalOptimizer`, in double precision, as it stands there.
    struct Reference {
        let optimizer: LocalOptimizer
        let anchor: [Double]
        let correction: [Double]
        var parameters: [Double]
        var velocity: [Double]
        var square: [Double]
        var steps = 0

        init(_ setting: Setting, _ start: [Double], _ correction: [Double]) {
            optimizer = setting.optimizer
            anchor = start
            self.correction = setting.isCorrected ? correction : start.map { _ in 0 }
            parameters = start
            velocity = start.map { _ in 0 }
            square = start.map { _ in 0 }
        }

        mutating func step(_ gradient: [Double]) {
            let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let clip = optimizer.gradientClip.map { min(1, Double($0) / norm) } ?? 1
            steps += 1
            let (rate, decay) = (Double(optimizer.learningRate), Double(optimizer.weightDecay))
            for i in parameters.indices {
                let w = parameters[i]
                var d = clip * gradient[i] + Double(optimizer.proximal) * (w - anchor[i])
                if optimizer.kind != .adamw { d += decay * w }
                if optimizer.kind == .sgd {
                    let beta = Double(optimizer.momentum)
                    velocity[i] = beta * velocity[i] + d
                    let move = optimizer.nesterov ? d + beta * velocity[i] : velocity[i]
                    parameters[i] = w - rate * (move + correction[i])
                    continue
                }
                let (beta1, beta2) = (Double(optimizer.beta1), Double(optimizer.beta2))
                velocity[i] = beta1 * velocity[i] + (1 - beta1) * d
                square[i] = beta2 * square[i] + (1 - beta2) * d * d
                let mean = velocity[i] / (1 - pow(beta1, Double(steps)))
                let root = (square[i] / (1 - pow(beta2, Double(steps)))).squareRoot()
                let kept = optimizer.kind == .adamw ? (1 - rate * decay) * w : w
                parameters[i] = kept - rate * mean / (root + Double(optimizer.epsilon))
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
