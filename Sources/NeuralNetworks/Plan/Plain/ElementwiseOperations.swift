import CKernels

/// max(x, 0) as a layer of its own.
package struct ReLUOperation: Operation {
    package let name: String
    /// Floats a sample.
    let size: Int
    let input: Activations
    let output: Activations

    package var flopsPerSample: Int { 0 }
    package var parameterCount: Int { 0 }
    package var activationCount: Int { 2 * size }

    package func forward(_ pass: Pass) {
        ck_relu(pass.arena[input.values], pass.arena[output.values], pass.count * size)
    }

    package func backward(_ pass: Pass) {
        guard let inputGradient = input.gradient, let outputGradient = output.gradient else {
            return
        }
        ck_relu_backward(
            pass.arena[output.values], pass.arena[outputGradient], pass.arena[inputGradient],
            pass.count * size)
    }
}
