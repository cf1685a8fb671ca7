import CKernels
import Tensors

/// A fully connected layer with bias and activation: one matrix product a batch.
package struct DenseOperation: Operation {
    package let name: String
    let inputs: Int
    let units: Int
    let relu: Bool
    /// Offsets of kernel [in][out] and bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations
    let biasGradient: ArenaRegion

    package var flopsPerSample: Int { 2 * inputs * units }
    package var parameterCount: Int { inputs * units + units }
    package var activationCount: Int { inputs + units }

    package func forward(_ pass: Pass) {
        let y = pass.arena[output.values]
        BLAS.multiply(
            .plain(pass.arena[input.values]), .plain(pass.parameters + kernel), into: y,
            m: pass.count, n: units, k: inputs)
        if relu {
            ck_add_bias_relu(y, pass.parameters + bias, pass.count, units)
        } else {
            ck_add_bias(y, pass.parameters + bias, pass.count, units)
        }
    }

    package func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient else { return }
        let dy = pass.arena[region]
        if relu {
            ck_relu_backward(pass.arena[output.values], dy, dy, pass.count * units)
        }
        if let inputGradient = input.gradient {
            BLAS.multiply(
                .plain(dy), .transposed(pass.parameters + kernel),
                into: pass.arena[inputGradient], m: pass.count, n: inputs, k: units)
        }
        addBiasGradient(pass, dy, rows: pass.count, columns: units, biasGradient, at: bias)
        BLAS.multiply(
            .transposed(pass.arena[input.values]), .plain(dy), into: target + kernel,
            m: inputs, n: units, k: pass.count, alpha: pass.scale, beta: 1)
    }
}
