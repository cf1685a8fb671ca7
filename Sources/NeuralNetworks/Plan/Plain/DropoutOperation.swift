import CKernels
import Tensors

/// Dropout as a step of its own, in place where nobody reads its input again; planned in training only.
package struct DropoutOperation: Operation {
    package let name: String
    let dropout: DropoutMask
    let input: Activations
    let output: Activations

    package var flopsPerSample: Int { 0 }
    package var parameterCount: Int { 0 }
    package var activationCount: Int { 2 * dropout.size }

    package func forward(_ pass: Pass) {
        dropout.draw(pass)
        dropout.apply(
            pass, to: pass.arena[input.values], into: pass.arena[output.values])
    }

    package func backward(_ pass: Pass) {
        guard let from = output.gradient, let to = input.gradient else { return }
        dropout.apply(pass, to: pass.arena[from], into: pass.arena[to])
    }
}

/// Which of a layer's values a dropout layer keeps in a batch, and what they are multiplied by.
struct DropoutMask: Sendable {
    let rate: Double
    /// Tells the streams of several dropout layers apart.
    let index: Int
    /// Floats a sample.
    let size: Int
    let batchSize: Int
    /// Keep-flags, two Floats of the arena to a word.
    private let flags: ArenaRegion

    init(rate: Double, index: Int, size: Int, batchSize: Int, arena: inout ArenaPlan) {
        self.rate = rate
        self.index = index
        self.size = size
        self.batchSize = batchSize
        flags = arena.reserve(2 * KeepMask.wordCount(batchSize * size))
    }

    /// 1 / (1 − rate), so that sums are expected to stay as they are.
    var scale: Float { Float(1 / (1 - rate)) }

    /// Draws the batch's flags.
    func draw(_ pass: Pass) {
        // Every batch uses up as many blocks as a whole one, so that the step alone gives the place.
        let blocks = KeepMask.blockCount(batchSize * size, keep: 1 - rate)
        KeepMask.fill(
            words(pass), count: pass.count * size, keep: 1 - rate,
            key: pass.dropout.with(index: index),
            block: UInt32(truncatingIfNeeded: pass.step) &* blocks)
    }

    /// Scales what is kept in [N][size], and zeroes the rest.
    func apply(_ pass: Pass, to values: UnsafeMutablePointer<Float>) {
        apply(pass, to: values, into: values)
    }

    /// The same into another place.
    func apply(
        _ pass: Pass, to values: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>
    ) {
        ck_apply_mask(values, words(pass), scale, result, pass.count * size)
    }

    func words(_ pass: Pass) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(pass.arena[flags]).assumingMemoryBound(to: UInt64.self)
    }
}
