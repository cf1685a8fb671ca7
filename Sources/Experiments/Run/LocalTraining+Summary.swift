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
        parts.append("SGD at \(optimizer.learningRate)")
        if learningRateDecay < 1 { parts.append("times \(learningRateDecay) each round") }
        if optimizer.momentum > 0 { parts.append("momentum \(optimizer.momentum)") }
        if optimizer.weightDecay > 0 { parts.append("weight decay \(optimizer.weightDecay)") }
        if let clip = optimizer.gradientClip { parts.append("gradients clipped to \(clip)") }
        return parts.joined(separator: ", ")
    }
}
