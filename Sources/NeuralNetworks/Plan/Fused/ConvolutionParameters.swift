import CKernels
import Tensors

/// A convolution's kernel [kh][kw][c_in][c_out] and bias: where they lie in the parameters and, if
/// channels or filters don't fill whole vectors, a copy that is filled up with zeros.
struct ConvolutionParameters: Sendable {
    /// Offsets in the parameters.
    let kernel: Int
    let bias: Int
    /// Places under the kernel.
    let taps: Int
    /// The layer's own.
    let channels: Int
    let filters: Int
    let paddedChannels: Int
    let paddedFilters: Int
    /// The copies, and a kernel's gradient as they are laid out; nil where nothing is filled up.
    let copies: (kernel: ArenaRegion, bias: ArenaRegion, gradient: ArenaRegion)?

    init(
        kernel: Int, bias: Int, taps: Int, channels: Int, filters: Int, paddedChannels: Int,
        paddedFilters: Int, arena: inout ArenaPlan
    ) {
        self.kernel = kernel
        self.bias = bias
        self.taps = taps
        self.channels = channels
        self.filters = filters
        self.paddedChannels = paddedChannels
        self.paddedFilters = paddedFilters
        let size = taps * paddedChannels * paddedFilters
        copies =
            channels == paddedChannels && filters == paddedFilters
            ? nil
            : (
                kernel: arena.reserve(size), bias: arena.reserve(paddedFilters),
                gradient: arena.reserve(size)
            )
    }

    /// Rows of the kernel as a matrix [kh · kw · c_in][c_out].
    var rows: Int { taps * channels }
    var count: Int { rows * filters + filters }
    private var paddedRows: Int { taps * paddedChannels }

    /// Fills the copies from the pass's parameters; their zeros are there from the start.
    func copy(_ pass: Pass) {
        guard let copies else { return }
        let to = pass.arena[copies.kernel]
        eachRow { row, padded in
            (to + padded * paddedFilters).update(
                from: pass.parameters + kernel + row * filters, count: filters)
        }
        pass.arena[copies.bias].update(from: pass.parameters + bias, count: filters)
    }

    /// The kernel [kh][kw][padded channels][padded filters], once it has been copied.
    func kernel(_ pass: Pass) -> UnsafePointer<Float> {
        copies.map { UnsafePointer(pass.arena[$0.kernel]) } ?? pass.parameters + kernel
    }

    /// The bias [padded filters], once it has been copied.
    func bias(_ pass: Pass) -> UnsafePointer<Float> {
        copies.map { UnsafePointer(pass.arena[$0.bias]) } ?? pass.parameters + bias
    }

    /// Adds the kernel's gradient [kh · kw · padded channels][padded filters] and the bias's, scaled, to the
    /// pass's target.
    func add(_ pass: Pass, kernel sum: UnsafePointer<Float>, bias biasSum: UnsafePointer<Float>) {
        guard let target = pass.target else { return }
        addBias(pass, biasSum, target)
        guard copies != nil else {
            return ck_axpy(pass.scale, sum, target + kernel, rows * filters)
        }
        eachRow { row, padded in
            ck_axpy(
                pass.scale, sum + padded * paddedFilters, target + kernel + row * filters, filters)
        }
    }

    /// The same for a kernel's gradient [padded filters][kh · kw · padded channels].
    func add(
        _ pass: Pass, kernelByFilter sum: UnsafePointer<Float>, bias biasSum: UnsafePointer<Float>
    ) {
        guard let target = pass.target else { return }
        guard let copies else {
            ck_add_by_filter(sum, rows, filters, pass.scale, target + kernel)
            return addBias(pass, biasSum, target)
        }
        let gradient = pass.arena[copies.gradient]
        gradient.update(repeating: 0, count: paddedRows * paddedFilters)
        ck_add_by_filter(sum, paddedRows, paddedFilters, 1, gradient)
        add(pass, kernel: gradient, bias: biasSum)
    }

    private func addBias(
        _ pass: Pass, _ sum: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
    ) {
        ck_axpy(pass.scale, sum, target + bias, filters)
    }

    /// Calls `body` with each row of the kernel and its place among the padded ones.
    @inline(__always)
    private func eachRow(_ body: (_ row: Int, _ padded: Int) -> Void) {
        for tap in 0..<taps {
            for channel in 0..<channels {
                body(tap * channels + channel, tap * paddedChannels + channel)
            }
        }
    }
}
