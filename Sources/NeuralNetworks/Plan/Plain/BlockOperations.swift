import CKernels

/// Where two ways part: both read the same values forward; backward the sum of what both say
/// of the input.
struct ForkOperation: Operation {
    let name = "fork"
    /// Floats a sample.
    let size: Int
    let input: Activations
    let ways: [Activations]

    var flopsPerSample: Int { 0 }
    var parameterCount: Int { 0 }
    var activationCount: Int { 3 * size }

    /// A way whose first layer works in place has a copy.
    func forward(_ pass: Pass) {
        for way in ways where way.values != input.values {
            pass.arena[way.values].update(
                from: pass.arena[input.values], count: pass.count * size)
        }
    }

    func backward(_ pass: Pass) {
        guard let gradient = input.gradient else { return }
        let (dx, count) = (pass.arena[gradient], pass.count * size)
        let ways = ways.compactMap(\.gradient).map { pass.arena[$0] }
        dx.update(from: ways[0], count: count)
        ck_axpy(1, ways[1], dx, count)
    }
}

/// Where two ways meet: their sum forward; backward both get its gradient.
struct JoinOperation: Operation {
    let name = "join"
    /// Floats a sample.
    let size: Int
    let ways: [Activations]
    let output: Activations

    var flopsPerSample: Int { size }
    var parameterCount: Int { 0 }
    var activationCount: Int { 3 * size }

    func forward(_ pass: Pass) {
        let (y, count) = (pass.arena[output.values], pass.count * size)
        y.update(from: pass.arena[ways[0].values], count: count)
        ck_axpy(1, pass.arena[ways[1].values], y, count)
    }

    func backward(_ pass: Pass) {
        guard let gradient = output.gradient else { return }
        for way in ways.compactMap(\.gradient) {
            pass.arena[way].update(from: pass.arena[gradient], count: pass.count * size)
        }
    }
}
