import CKernels
import Parameters

extension Plan {
    /// Begins a client's training: the loaded model becomes w_global, and the velocity is zero.
    ///
    /// What the optimiser needs beside the parameters is allocated the first time only.
    /// - Parameter correction: SCAFFOLD's c − c_i, laid out as the parameters are; what is all zeros
    ///   is none.
    /// - Precondition: a model has been loaded and not been trained since, the optimiser's settings
    ///   make sense, and the correction is finite, has the architecture's parameter count and goes with
    ///   SGD.
    public func begin(_ optimizer: LocalOptimizer, correction: ParameterVector? = nil) {
        precondition(loaded != nil, "load a model before an optimiser begins")
        optimizer.requireSensible()
        let count = architecture.parameterCount
        let parameters = arena[packed]
        self.optimizer = optimizer
        step = nil
        scratch.adam = nil
        precondition(
            correction == nil || optimizer.kind == .sgd,
            "a correction of gradients goes with sgd, not with \(optimizer.kind.rawValue)")
        let correction = correction.flatMap { correction -> UnsafePointer<Float>? in
            precondition(
                correction.count == count,
                "a correction of \(correction.count) for \(count) parameters")
            let extent = correction.inspect()
            precondition(extent.firstNonFinite == nil, "the correction is not finite")
            if extent.largest == 0 { return nil }
            let to = scratch.correction.reserve()
            pack(correction, into: to)
            return UnsafePointer(to)
        }
        let isPlain = optimizer.isPlain && correction == nil
        if !isPlain || batchSize > partSize { _ = scratch.gradient.reserve() }
        if isPlain { return }
        if optimizer.kind != .sgd {
            scratch.adam = AdamSteps(optimizer, parameters, count: count, &scratch)
            return
        }
        var terms = ck_step()
        terms.learning_rate = optimizer.learningRate
        terms.momentum = optimizer.momentum
        terms.weight_decay = optimizer.weightDecay
        terms.proximal = optimizer.proximal
        terms.gradient_scale = 1
        terms.nesterov = optimizer.nesterov ? 1 : 0
        terms.parameters = parameters
        terms.correction = correction
        if optimizer.momentum > 0 {
            let velocity = scratch.velocity.reserve()
            velocity.update(repeating: 0, count: count)
            terms.velocity = velocity
        }
        terms.anchor = scratch.anchor(of: optimizer, parameters, count: count)
        step = terms
    }

    /// One step of the optimiser that `begin` named, on the first `count` samples of `images` and
    /// `labels`.
    ///
    /// `dropout` and `step` say which random numbers drop units: every step of a stream has its own.
    /// - Returns: the batch's loss and hits before the step.
    /// - Precondition: the plan is for training, and `begin` has been called since `load`.
    public func trainStep(count: Int, dropout: RandomKey, step number: Int) -> BatchResult {
        guard let optimizer else {
            preconditionFailure("an optimiser begins before its first step: see Plan.begin(_:)")
        }
        loaded = nil
        let pass = pass(count, dropout, number)
        return Denormals.flushed {
            if scratch.adam != nil { return adamStep(pass, clip: optimizer.gradientClip) }
            guard let step else { return plainStep(pass, learningRate: optimizer.learningRate) }
            return trainStep(pass, step, clip: optimizer.gradientClip)
        }
    }

    /// w ← w − ηg, straight into the parameters.
    private func plainStep(_ pass: Pass, learningRate: Float) -> BatchResult {
        var pass = pass
        pass.scale = -learningRate
        guard pass.count > partSize else {
            pass.target = arena[packed]
            return backward(pass)
        }
        // All parts see the same parameters.
        let steps = scratch.gradient.reserve()
        steps.update(repeating: 0, count: architecture.parameterCount)
        pass.target = steps
        let result = backward(pass)
        ck_axpy(1, steps, arena[packed], architecture.parameterCount)
        return result
    }

    private func trainStep(_ pass: Pass, _ step: ck_step, clip: Float?) -> BatchResult {
        // Where the whole gradient is needed first, nothing is stepped by at once. That of a statistic is 0.
        let isFused = pass.count <= partSize && clip == nil
        let ranges = isFused ? rangesSteppedLater : wholeRange
        let gradient = scratch.gradient.reserve()
        for range in ranges {
            (gradient + range.lowerBound).update(repeating: 0, count: range.count)
        }
        var pass = pass
        pass.target = gradient
        pass.scale = 1
        pass.optimizerStep = isFused ? step : nil
        let result = backward(pass)
        var step = step
        step.gradient_scale = scale(of: gradient, clippedTo: clip)
        withUnsafePointer(to: step) { step in
            for range in ranges {
                ck_optimizer_step(step, gradient, range.lowerBound, range.count)
            }
        }
        return result
    }

    /// A step by the whole gradient: Adam's is not fused with what computes it.
    private func adamStep(_ pass: Pass, clip: Float?) -> BatchResult {
        let gradient = scratch.gradient.reserve()
        gradient.update(repeating: 0, count: architecture.parameterCount)
        var pass = pass
        pass.target = gradient
        pass.scale = 1
        let result = backward(pass)
        guard var terms = scratch.adam?.next() else { return result }
        terms.gradient_scale = scale(of: gradient, clippedTo: clip)
        for range in wholeRange { ck_adam_step(&terms, gradient, range.lowerBound, range.count) }
        return result
    }

    /// What a gradient is multiplied by so that its norm is `clip` at most.
    private func scale(of gradient: UnsafePointer<Float>, clippedTo clip: Float?) -> Float {
        guard let clip else { return 1 }
        let norm = ck_sum_of_squares(gradient, architecture.parameterCount).squareRoot()
        return norm > Double(clip) ? Float(Double(clip) / norm) : 1
    }

    /// What of so many parameters lies in none of these ranges, in one piece where it lies side by side.
    static func ranges(outside others: [Range<Int>], of parameterCount: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        let others = others.sorted { $0.lowerBound < $1.lowerBound }
        for range in others + [parameterCount..<parameterCount] {
            if start < range.lowerBound { ranges.append(start..<range.lowerBound) }
            start = range.upperBound
        }
        return ranges
    }
}
