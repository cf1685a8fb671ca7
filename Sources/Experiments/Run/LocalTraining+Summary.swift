import NeuralNetworks
import Platform
import Training

extension LocalTraining {
    /// In one line: "10 epochs, batch 8, SGD at 0.01, momentum 0.9".
    package var summary: String {
        var parts: [String] = []
        switch length {
        case .epochs(let epochs):
            let isWhole = epochs == epochs.rounded()
            parts.append(isWhole ? Text.plural(Int(epochs), "epoch") : "\(epochs) epochs")
        case .steps(let steps): parts.append(Text.plural(steps, "step"))
        }
        parts.append("batch \(batchSize.map { "\($0)" } ?? "of all samples")")
        parts.append("\(optimizer.kind.title) at \(optimizer.learningRate)")
        if learningRateDecay < 1 { parts.append("times \(learningRateDecay) each round") }
        if schedule != .constant { parts.append("schedule \(schedule)") }
        if optimizer.kind == .sgd, optimizer.momentum > 0 {
            let name = optimizer.nesterov ? "Nesterov’s momentum" : "momentum"
            parts.append("\(name) \(optimizer.momentum)")
        }
        if optimizer.weightDecay > 0 { parts.append("weight decay \(optimizer.weightDecay)") }
        if let clip = optimizer.gradientClip { parts.append("gradients clipped to \(clip)") }
        if let augmentation { parts.append("images augmented by \(augmentation)") }
        if let stragglers { parts.append("stragglers with \(stragglers.fraction)") }
        return parts.joined(separator: ", ")
    }
}

extension LocalOptimizer.Kind {
    /// What people call it.
    fileprivate var title: String {
        switch self {
        case .sgd: "SGD"
        case .adam: "Adam"
        case .adamw: "AdamW"
        }
    }
}
