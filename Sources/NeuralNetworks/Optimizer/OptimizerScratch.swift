import CKernels
import Tensors

/// What optimisers keep beside the parameters, in the order of `Operation.pack`: reserved when first
/// needed, and reused from then on.
struct OptimizerScratch {
    /// Where gradients wait that are not stepped by at once.
    var gradient: ScratchVector
    /// v, or m of Adam.
    var velocity: ScratchVector
    /// s of Adam.
    var square: ScratchVector
    var anchor: ScratchVector
    var correction: ScratchVector
    /// Where a client's training with Adam is; nil with another optimiser.
    var adam: AdamSteps?

    init(count: Int) {
        gradient = ScratchVector(count: count)
        velocity = ScratchVector(count: count)
        square = ScratchVector(count: count)
        anchor = ScratchVector(count: count)
        correction = ScratchVector(count: count)
    }
}

/// As many Floats as a model has parameters, allocated when first asked for.
struct ScratchVector {
    let count: Int
    private var arena: Arena?

    init(count: Int) { self.count = count }

    private var region: ArenaRegion {
        var plan = ArenaPlan()
        return plan.reserve(count)
    }

    /// The first Float; what it holds is what was left there.
    mutating func reserve() -> UnsafeMutablePointer<Float> {
        if let arena { return arena[region] }
        var plan = ArenaPlan()
        let region = plan.reserve(count)
        let made = Arena(plan)
        arena = made
        return made[region]
    }
}

extension ck_step {
    /// The step of parameters that begin `offset` Floats further on.
    func advanced(by offset: Int) -> ck_step {
        var step = self
        step.parameters = parameters + offset
        step.velocity = velocity.map { $0 + offset }
        step.anchor = anchor.map { $0 + offset }
        step.correction = correction.map { $0 + offset }
        return step
    }
}
