import CKernels
import Tensors

/// max(x, 0) as a layer of its own.
struct ReLUOperation: Operation {
    let name: String
    /// Floats a sample.
    let size: Int
    let input: Activations
    let output: Activations

    var flopsPerSample: Int { 0 }
    var parameterCount: Int { 0 }
    var activationCount: Int { 2 * size }

    func forward(_ pass: Pass) {
        ck_relu(pass.arena[input.values], pass.arena[output.values], pass.count * size)
    }

    func backward(_ pass: Pass) {
        guard let inputGradient = input.gradient, let outputGradient = output.gradient else {
            return
        }
        ck_relu_backward(
            pass.arena[output.values], pass.arena[outputGradient], pass.arena[inputGradient],
            pass.count * size)
    }
}

/// Dropout, in place; planned in training only.
struct DropoutOperation: Operation {
    let name: String
    let rate: Double
    /// Tells the streams of several dropout layers apart.
    let index: Int
    /// Floats a sample.
    let size: Int
    let batchSize: Int
    let activations: Activations
    /// Keep-flags, two Floats of the arena to a word.
    let mask: ArenaRegion

    init(
        name: String, rate: Double, index: Int, size: Int, batchSize: Int,
        activations: Activations, arena: inout ArenaPlan
    ) {
        self.name = name
        self.rate = rate
        self.index = index
        self.size = size
        self.batchSize = batchSize
        self.activations = activations
        mask = arena.reserve(2 * KeepMask.wordCount(batchSize * size))
    }

    var flopsPerSample: Int { 0 }
    var parameterCount: Int { 0 }
    var activationCount: Int { 2 * size }

    private var scale: Float { Float(1 / (1 - rate)) }

    func forward(_ pass: Pass) {
        let mask = words(pass)
        // Every batch uses up as many blocks as a whole one, so that the step alone gives the place.
        let blocks = KeepMask.blockCount(batchSize * size, keep: 1 - rate)
        KeepMask.fill(
            mask, count: pass.count * size, keep: 1 - rate, key: pass.dropout.with(index: index),
            block: UInt32(truncatingIfNeeded: pass.step) &* blocks)
        let values = pass.arena[activations.values]
        ck_apply_mask(values, mask, scale, values, pass.count * size)
    }

    func backward(_ pass: Pass) {
        guard let region = activations.gradient else { return }
        let gradient = pass.arena[region]
        ck_apply_mask(gradient, words(pass), scale, gradient, pass.count * size)
    }

    private func words(_ pass: Pass) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(pass.arena[mask]).assumingMemoryBound(to: UInt64.self)
    }
}
