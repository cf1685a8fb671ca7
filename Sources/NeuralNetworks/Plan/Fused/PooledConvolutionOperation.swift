import CKernels
import Tensors

/// Convolution, bias, ReLU and 2×2 pooling of many channels. Forward by Winograd where it pays, else
/// by im2col and one matrix product; backward over the gradients that are not zero only: pooling
/// passes on one of four, ReLU and dropout stop more.
struct PooledConvolutionOperation: Operation {
    let name: String
    let shape: FusedConvolution
    let input: Activations
    let output: Activations
    let padded: PaddedImages
    let forwardScratch: ForwardScratch
    /// Which of its four places each output came from, a byte each.
    let places: ArenaRegion
    /// The kernel with its filters outermost, and its gradient so.
    let kernelByFilter: ArenaRegion
    let gradientByFilter: ArenaRegion
    let biasGradient: ArenaRegion
    /// Two Floats an entry.
    let entries: ArenaRegion
    let counts: ArenaRegion
    /// The gradient of one padded image, where images are padded.
    let paddedGradient: ArenaRegion?

    /// Scratch memory of one of the two ways forward.
    enum ForwardScratch: Sendable {
        case winograd(ck_winograd, u: ArenaRegion, v: ArenaRegion, m: ArenaRegion)
        case product(columns: ArenaRegion, result: ArenaRegion)
    }

    init(
        name: String, shape: FusedConvolution, input: Activations, output: Activations,
        batchSize: Int, arena: inout ArenaPlan
    ) {
        self.name = name
        self.shape = shape
        self.input = input
        self.output = output
        padded = PaddedImages(
            shape, tiled: shape.usesWinograd, batchSize: batchSize, arena: &arena)
        forwardScratch = Self.forwardScratch(shape, padded.window, &arena)
        places = arena.reserve((batchSize * shape.outputCount + 3) / 4)
        let kernelSize = shape.window.elements * shape.filters
        kernelByFilter = arena.reserve(kernelSize)
        gradientByFilter = arena.reserve(kernelSize)
        biasGradient = arena.reserve(shape.filters)
        let positions = shape.pooledHeight * shape.pooledWidth
        entries = arena.reserve(2 * shape.filters * positions)
        counts = arena.reserve(shape.filters)
        paddedGradient = padded.isCopy ? arena.reserve(padded.window.inputCount) : nil
    }

    private static func forwardScratch(
        _ shape: FusedConvolution, _ window: ck_window, _ arena: inout ArenaPlan
    ) -> ForwardScratch {
        guard shape.usesWinograd else {
            return .product(
                columns: arena.reserve(window.positions * window.elements),
                result: arena.reserve(window.positions * shape.filters))
        }
        let (channels, filters) = (shape.channels, shape.filters)
        let tiles = Int(CK_WINOGRAD_TILES)
        // A cache line or more between the points, or they would share the same few sets of it.
        let geometry = ck_winograd(
            channels: channels, filters: filters, in_w: Int(window.in_w),
            out_h: Int(window.out_h), out_w: Int(window.out_w),
            tiles_h: (Int(window.out_h) + 3) / 4, tiles_w: (Int(window.out_w) + 3) / 4,
            u_stride: channels * filters + 16, v_stride: tiles * channels + 16,
            m_stride: tiles * filters + 64, pool: 1)
        return .winograd(
            geometry, u: arena.reserve(36 * geometry.u_stride),
            v: arena.reserve(36 * geometry.v_stride), m: arena.reserve(36 * geometry.m_stride))
    }

    var flopsPerSample: Int { shape.flopsPerSample }
    var parameterCount: Int { shape.parameterCount }
    var activationCount: Int { shape.activationCount }

    func forward(_ pass: Pass) {
        padded.copy(pass, input)
        if case .winograd(let geometry, let u, _, _) = forwardScratch {
            ck_winograd_kernel(
                pass.parameters + shape.kernel, shape.channels, shape.filters, pass.arena[u],
                geometry.u_stride)
        }
        for sample in 0..<pass.count {
            let image = padded.image(pass, input, sample)
            let y = pass.arena[output.values] + sample * shape.outputCount
            let place = bytes(pass.arena[places]) + sample * shape.outputCount
            switch forwardScratch {
            case .winograd(let geometry, let u, let v, let m):
                withUnsafePointer(to: geometry) {
                    ck_winograd_forward(
                        $0, image, pass.arena[u], pass.parameters + shape.bias, pass.arena[v],
                        pass.arena[m], y, place)
                }
            case .product(let columns, let result):
                let window = padded.window
                withUnsafePointer(to: window) {
                    ck_im2col($0, image, 0, window.out_h, pass.arena[columns])
                }
                BLAS.multiply(
                    .plain(pass.arena[columns]), .plain(pass.parameters + shape.kernel),
                    into: pass.arena[result], m: window.positions, n: shape.filters,
                    k: window.elements)
                ck_bias_relu_pool(
                    pass.arena[result], pass.parameters + shape.bias, Int(window.out_h),
                    Int(window.out_w), shape.filters, y, place)
            }
        }
    }

    func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient else { return }
        let dy = pass.arena[region]
        let positions = shape.pooledHeight * shape.pooledWidth
        ck_relu_backward(pass.arena[output.values], dy, dy, pass.count * shape.outputCount)
        addBiasGradient(
            pass, dy, rows: pass.count * positions, columns: shape.filters, biasGradient,
            at: shape.bias)
        let rows = shape.window.elements
        ck_kernel_by_filter(
            pass.parameters + shape.kernel, rows, shape.filters, pass.arena[kernelByFilter])
        let sum = pass.arena[gradientByFilter]
        sum.update(repeating: 0, count: rows * shape.filters)
        let entries = UnsafeMutableRawPointer(pass.arena[entries])
            .assumingMemoryBound(to: ck_entry.self)
        let counts = UnsafeMutableRawPointer(pass.arena[counts])
            .assumingMemoryBound(to: UInt32.self)
        withUnsafePointer(to: geometry) { geometry in
            for sample in 0..<pass.count {
                let gradient = dy + sample * shape.outputCount
                let place = bytes(pass.arena[places]) + sample * shape.outputCount
                ck_sparse_kernel_gradient(
                    geometry, gradient, place, padded.image(pass, input, sample), entries,
                    counts, sum)
                guard let inputGradient = input.gradient else { continue }
                let dx = pass.arena[inputGradient] + sample * shape.window.inputCount
                let whole = paddedGradient.map { pass.arena[$0] } ?? dx
                whole.update(repeating: 0, count: padded.window.inputCount)
                ck_sparse_input_gradient(
                    geometry, gradient, place, pass.arena[kernelByFilter], whole)
                if paddedGradient != nil { padded.crop(whole, to: dx) }
            }
        }
        ck_add_by_filter(sum, rows, shape.filters, pass.scale, target + shape.kernel)
    }

    private var geometry: ck_pooled {
        ck_pooled(
            channels: shape.channels, filters: shape.filters,
            kernel_h: Int(shape.window.window_h), kernel_w: Int(shape.window.window_w),
            in_w: Int(padded.window.in_w), pool_h: shape.pooledHeight, pool_w: shape.pooledWidth)
    }
}
