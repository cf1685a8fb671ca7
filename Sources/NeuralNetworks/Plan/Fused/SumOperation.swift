import CKernels
import Tensors

/// Where the two ways of a residual block meet: y = a + b, or max(0, a + b). Backward both get the same.
struct SumOperation: Operation {
    let name: String
    /// Floats a sample.
    let size: Int
    let relu: Bool
    let ways: [Activations]
    let output: Activations

    var flopsPerSample: Int { size }
    var parameterCount: Int { 0 }
    var activationCount: Int { 3 * size }

    func forward(_ pass: Pass) {
        ck_add(
            pass.arena[ways[0].values], pass.arena[ways[1].values], relu ? 1 : 0,
            pass.count * size, pass.arena[output.values])
    }

    func backward(_ pass: Pass) {
        guard let region = output.gradient else { return }
        let (dy, count) = (pass.arena[region], pass.count * size)
        for way in ways.compactMap(\.gradient).map({ pass.arena[$0] }) {
            if relu {
                ck_relu_backward(pass.arena[output.values], dy, way, count)
            } else {
                way.update(from: dy, count: count)
            }
        }
    }
}
