import CKernels
import Tensors

/// A fully connected layer whose zero inputs need no gradient: backward and the optimiser's step are
/// one pass over the kernel.
struct SparseDenseOperation: Operation {
    let name: String
    let inputs: Int
    let units: Int
    let relu: Bool
    /// Offsets of kernel [in][out] and bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations
    let biasGradient: ArenaRegion

    var flopsPerSample: Int { 2 * inputs * units }
    var parameterCount: Int { inputs * units + units }
    var activationCount: Int { inputs + units }

    func forward(_ pass: Pass) {
        let y = pass.arena[output.values]
        ck_dense_forward(
            pass.arena[input.values], pass.parameters + kernel, pass.count, inputs, units, y)
        if relu {
            ck_add_bias_relu(y, pass.parameters + bias, pass.count, units)
        } else {
            ck_add_bias(y, pass.parameters + bias, pass.count, units)
        }
    }

    func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient else { return }
        let dy = pass.arena[region]
        if relu {
            ck_relu_backward(pass.arena[output.values], dy, dy, pass.count * units)
        }
        addBiasGradient(pass, dy, rows: pass.count, columns: units, biasGradient, at: bias)
        ck_dense_backward(
            pass.arena[input.values], dy, pass.parameters + kernel, pass.count, inputs, units,
            pass.scale, target + kernel, input.gradient.map { pass.arena[$0] })
    }
}
