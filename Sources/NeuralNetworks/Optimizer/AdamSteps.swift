import CKernels

/// Adam's terms from step to step of a client's training.
///
/// What becomes too small for a Float in m and s is zero: plans compute so that subnormal numbers are.
struct AdamSteps {
    private var terms = ck_adam()
    private let learningRate: Double
    private let beta1: Double
    private let beta2: Double
    /// β₁ᵗ and β₂ᵗ, multiplied one by one: the same bits whatever the machine's pow.
    private var power1 = 1.0
    private var power2 = 1.0

    /// Before the first step: m and s are zero, and w_global is what the parameters are.
    init(
        _ optimizer: LocalOptimizer, _ parameters: UnsafeMutablePointer<Float>, count: Int,
        _ scratch: inout OptimizerScratch
    ) {
        let (mean, square) = (scratch.velocity.reserve(), scratch.square.reserve())
        mean.update(repeating: 0, count: count)
        square.update(repeating: 0, count: count)
        learningRate = Double(optimizer.learningRate)
        beta1 = Double(optimizer.beta1)
        beta2 = Double(optimizer.beta2)
        terms.beta1 = optimizer.beta1
        terms.beta2 = optimizer.beta2
        terms.epsilon = optimizer.epsilon
        let decay = Double(optimizer.weightDecay)
        terms.weight_decay = optimizer.kind == .adam ? optimizer.weightDecay : 0
        terms.keep = optimizer.kind == .adam ? 1 : Float(1 - learningRate * decay)
        terms.proximal = optimizer.proximal
        terms.parameters = parameters
        terms.mean = mean
        terms.square = square
        terms.anchor = scratch.anchor(of: optimizer, parameters, count: count)
    }

    /// The terms of the next step.
    mutating func next() -> ck_adam {
        power1 *= beta1
        power2 *= beta2
        terms.rate = Float(learningRate / (1 - power1))
        terms.square_scale = Float(1 / (1 - power2).squareRoot())
        return terms
    }
}

extension OptimizerScratch {
    /// A copy of what training begins from; nil where nothing draws back to it.
    mutating func anchor(
        of optimizer: LocalOptimizer, _ parameters: UnsafePointer<Float>, count: Int
    ) -> UnsafePointer<Float>? {
        guard optimizer.proximal > 0 else { return nil }
        let place = anchor.reserve()
        place.update(from: parameters, count: count)
        return UnsafePointer(place)
    }
}
