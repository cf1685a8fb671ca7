import CKernels
import Tensors

/// A first fully connected layer, ReLU and dropout: inputs that are zero, as most pixels of a digit are, cost
/// nothing in either direction. Its input needs no gradient, so that its kernel lies as it is.
struct FirstDenseOperation: Operation {
    let name: String
    let inputs: Int
    let units: Int
    let relu: Bool
    /// nil where none follows.
    let dropout: DropoutMask?
    /// Offsets of kernel [in][out] and bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations
    let biasGradient: ArenaRegion
    /// See `ck_dense_live_gradient`; two Floats to an entry.
    let entries: ArenaRegion

    init(
        name: String, inputs: Int, units: Int, relu: Bool, dropout: DropoutMask?, kernel: Int,
        bias: Int, input: Activations, output: Activations, batchSize: Int, arena: inout ArenaPlan
    ) {
        self.name = name
        self.inputs = inputs
        self.units = units
        self.relu = relu
        self.dropout = dropout
        self.kernel = kernel
        self.bias = bias
        self.input = input
        self.output = output
        biasGradient = arena.reserve(units)
        entries = arena.reserve(2 * 64 * batchSize)
    }

    /// Fewer are better computed with the vectors along the inputs.
    static let fewestUnits = 64

    var flopsPerSample: Int { 2 * inputs * units }
    var parameterCount: Int { inputs * units + units }
    var activationCount: Int { inputs + units }

    var steppedRange: Range<Int>? { kernel..<kernel + inputs * units }

    func forward(_ pass: Pass) {
        let y = pass.arena[output.values]
        dropout?.draw(pass)
        ck_dense_forward_live(
            pass.arena[input.values], pass.parameters + kernel, pass.count, inputs, units, y)
        if relu {
            ck_add_bias_relu(y, pass.parameters + bias, pass.count, units)
        } else {
            ck_add_bias(y, pass.parameters + bias, pass.count, units)
        }
        dropout?.apply(pass, to: y)
    }

    func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient else { return }
        let dy = pass.arena[region]
        dropout?.apply(pass, to: dy)
        if relu {
            ck_relu_backward(pass.arena[output.values], dy, dy, pass.count * units)
        }
        addBiasGradient(pass, dy, rows: pass.count, columns: units, biasGradient, at: bias)
        func backward(_ step: UnsafePointer<ck_step>?) {
            ck_dense_live_gradient(
                pass.arena[input.values], dy, pass.count, inputs, units, pass.scale,
                target + kernel,
                UnsafeMutableRawPointer(pass.arena[entries])
                    .assumingMemoryBound(to: ck_entry.self), step)
        }
        if let step = pass.optimizerStep?.advanced(by: kernel) {
            withUnsafePointer(to: step) { backward($0) }
        } else {
            backward(nil)
        }
    }
}
