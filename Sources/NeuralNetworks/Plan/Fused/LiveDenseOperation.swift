import CKernels

/// A fully connected layer and ReLU, forward only: inputs that are zero, as half of them are behind a
/// ReLU, cost nothing. (In training more is saved by `PackedDenseOperation`.)
struct LiveDenseOperation: Operation {
    let name: String
    let inputs: Int
    /// Many, or a multiple of the vectors' lanes.
    let units: Int
    let relu: Bool
    /// Offsets of kernel [in][out] and bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations

    var flopsPerSample: Int { 2 * inputs * units }
    var parameterCount: Int { inputs * units + units }
    var activationCount: Int { inputs + units }

    func forward(_ pass: Pass) {
        let y = pass.arena[output.values]
        ck_dense_forward_live(
            pass.arena[input.values], pass.parameters + kernel, pass.count, inputs, units, y)
        if relu {
            ck_add_bias_relu(y, pass.parameters + bias, pass.count, units)
        } else {
            ck_add_bias(y, pass.parameters + bias, pass.count, units)
        }
    }

    func backward(_ pass: Pass) {
        preconditionFailure("\(name) is planned for inference only")
    }
}
