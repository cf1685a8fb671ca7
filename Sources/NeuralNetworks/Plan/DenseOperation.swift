import CKernels
import Tensors

/// A fully connected layer with bias and activation: one matrix product a batch.
struct DenseOperation: Operation {
    let name: String
    let inputs: Int
    let units: Int
    let relu: Bool
    /// Offsets of kernel [in][out] and bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations

    var flopsPerSample: Int { 2 * inputs * units }

    func forward(_ pass: Pass) {
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

    func backward(_ pass: Pass) {
        guard let gradient = pass.gradient, let region = output.gradient else { return }
        let dy = pass.arena[region]
        if relu {
            ck_relu_backward(pass.arena[output.values], dy, dy, pass.count * units)
        }
        ck_column_sums(dy, gradient + bias, pass.count, units)
        BLAS.multiply(
            .transposed(pass.arena[input.values]), .plain(dy), into: gradient + kernel,
            m: inputs, n: units, k: pass.count)
        guard let inputGradient = input.gradient else { return }
        BLAS.multiply(
            .plain(dy), .transposed(pass.parameters + kernel),
            into: pass.arena[inputGradient], m: pass.count, n: inputs, k: units)
    }
}
