import CKernels

/// Where two ways part: both read the same values forward; backward the sum of what both say
/// of the input.
struct ForkOperation: Operation {
    let name = "fork"
    /// Floats a sample.
    let size: Int
    let input: Activations
    let inner: Activations
    let outer: Activations

    var flopsPerSample: Int { 0 }
    var parameterCount: Int { 0 }
    var activationCount: Int { 3 * size }

    /// Neither way changes what it gets.
    func forward(_ pass: Pass) {}

    func backward(_ pass: Pass) {
        guard let gradient = input.gradient, let one = inner.gradient, let other = outer.gradient
        else { return }
        let (dx, count) = (pass.arena[gradient], pass.count * size)
        dx.update(from: pass.arena[one], count: count)
        ck_axpy(1, pass.arena[other], dx, count)
    }
}

/// Where two ways meet: their sum forward; backward both get its gradient.
struct JoinOperation: Operation {
    let name = "join"
    /// Floats a sample.
    let size: Int
    let inner: Activations
    let outer: Activations
    let output: Activations

    var flopsPerSample: Int { size }
    var parameterCount: Int { 0 }
    var activationCount: Int { 3 * size }

    func forward(_ pass: Pass) {
        let (y, count) = (pass.arena[output.values], pass.count * size)
        y.update(from: pass.arena[inner.values], count: count)
        ck_axpy(1, pass.arena[outer.values], y, count)
    }

    func backward(_ pass: Pass) {
        guard let gradient = output.gradient else { return }
        let (dy, count) = (pass.arena[gradient], pass.count * size)
        if let one = inner.gradient { pass.arena[one].update(from: dy, count: count) }
        if let other = outer.gradient { pass.arena[other].update(from: dy, count: count) }
    }
}
