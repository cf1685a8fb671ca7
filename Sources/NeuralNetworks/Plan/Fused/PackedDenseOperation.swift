import CKernels
import Tensors

/// A fully connected layer, ReLU and dropout: units that are dropped are not computed, and those
/// without a gradient cost nothing backward, where the optimiser's step is part of the one pass over
/// the kernel.
///
/// Its kernel lies packed in the plan's parameters: see `ck_pack_dense`. Momentum and the like are part of
/// that pass too: see `ck_step`.
package struct PackedDenseOperation: Operation {
    package let name: String
    let inputs: Int
    let units: Int
    let relu: Bool
    /// nil where none follows.
    let dropout: DropoutMask?
    /// Offsets of the kernel and the bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations
    let biasGradient: ArenaRegion
    let scratch: BackwardScratch?

    /// See `ck_dense_backward`; two Floats to an entry.
    struct BackwardScratch: Sendable {
        let entries: ArenaRegion
        let starts: ArenaRegion
        let block: ArenaRegion

        init(batchSize: Int, units: Int, arena: inout ArenaPlan) {
            let tiles = (units + Int(CK_DENSE_UNITS) - 1) / Int(CK_DENSE_UNITS)
            entries = arena.reserve(4 * batchSize * units)
            starts = arena.reserve(tiles * batchSize + units + 2)
            block = arena.reserve(batchSize * 8 * Int(ck_lanes()))
        }
    }

    package var flopsPerSample: Int { 2 * inputs * units }
    package var parameterCount: Int { inputs * units + units }
    package var activationCount: Int { inputs + units }

    package var steppedRange: Range<Int>? { kernel..<kernel + inputs * units }
    package var packedRange: Range<Int>? { steppedRange }

    package func pack(_ parameters: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>)
    {
        ck_pack_dense(parameters + kernel, inputs, units, packed + kernel)
    }

    package func unpack(
        _ packed: UnsafePointer<Float>, into parameters: UnsafeMutablePointer<Float>
    ) {
        ck_unpack_dense(packed + kernel, inputs, units, parameters + kernel)
    }

    package func forward(_ pass: Pass) {
        let y = pass.arena[output.values]
        dropout?.draw(pass)
        ck_dense_forward(
            pass.arena[input.values], pass.parameters + kernel, pass.count, inputs, units,
            dropout.map { UnsafePointer($0.words(pass)) }, y)
        if relu {
            ck_add_bias_relu(y, pass.parameters + bias, pass.count, units)
        } else {
            ck_add_bias(y, pass.parameters + bias, pass.count, units)
        }
        dropout?.apply(pass, to: y)
    }

    package func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient, let scratch else { return }
        let dy = pass.arena[region]
        dropout?.apply(pass, to: dy)
        if relu {
            ck_relu_backward(pass.arena[output.values], dy, dy, pass.count * units)
        }
        addBiasGradient(pass, dy, rows: pass.count, columns: units, biasGradient, at: bias)
        let entries = UnsafeMutableRawPointer(pass.arena[scratch.entries])
            .assumingMemoryBound(to: ck_entry.self)
        let starts = UnsafeMutableRawPointer(pass.arena[scratch.starts])
            .assumingMemoryBound(to: UInt32.self)
        func backward(_ step: UnsafePointer<ck_step>?) {
            ck_dense_backward(
                pass.arena[input.values], dy, pass.parameters + kernel, pass.count, inputs, units,
                pass.scale, target + kernel, input.gradient.map { pass.arena[$0] }, entries,
                starts, pass.arena[scratch.block], step)
        }
        if let step = pass.optimizerStep?.advanced(by: kernel) {
            withUnsafePointer(to: step) { backward($0) }
        } else {
            backward(nil)
        }
    }
}
