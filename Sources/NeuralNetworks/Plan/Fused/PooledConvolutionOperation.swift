import CKernels
import Tensors

/// Convolution, bias, ReLU, 2×2 pooling and dropout of many channels. Forward by Winograd where it pays, else
/// by im2col and one matrix product; backward over the gradients that are not zero only: pooling
/// passes on one of four, ReLU and dropout stop more.
package struct PooledConvolutionOperation: Operation {
    package let name: String
    let shape: FusedConvolution
    /// nil where none follows.
    let dropout: DropoutMask?
    let input: Activations
    let output: Activations
    let padded: PaddedImages
    let forwardScratch: ForwardScratch
    /// Which of its four places each output came from, a byte each.
    let places: ArenaRegion
    /// Where one sample's gradient is not zero: four words of flags for each 64 filters at a position.
    let live: ArenaRegion
    /// The kernel as the input's gradient takes it, and its own gradient with filters outermost.
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
        name: String, shape: FusedConvolution, dropout: DropoutMask?, input: Activations,
        output: Activations, batchSize: Int, arena: inout ArenaPlan
    ) {
        self.name = name
        self.shape = shape
        self.dropout = dropout
        self.input = input
        self.output = output
        padded = PaddedImages(
            shape, tileSide: shape.winogradSide, batchSize: batchSize, arena: &arena)
        forwardScratch = Self.forwardScratch(shape, padded.window, &arena)
        places = arena.reserve((batchSize * shape.outputCount + 3) / 4)
        let kernelSize = shape.window.elements * shape.filters
        kernelByFilter = arena.reserve(kernelSize)
        gradientByFilter = arena.reserve(kernelSize)
        biasGradient = arena.reserve(shape.filters)
        let positions = shape.pooledHeight * shape.pooledWidth
        live = arena.reserve(positions * ((shape.filters + 63) / 64) * 4 * 2)
        entries = arena.reserve(2 * shape.filters * positions)
        counts = arena.reserve(shape.filters)
        paddedGradient = padded.isCopy ? arena.reserve(padded.window.inputCount) : nil
    }

    private static func forwardScratch(
        _ shape: FusedConvolution, _ window: ck_window, _ arena: inout ArenaPlan
    ) -> ForwardScratch {
        guard let side = shape.winogradSide else {
            return .product(
                columns: arena.reserve(window.positions * window.elements),
                result: arena.reserve(window.positions * shape.filters))
        }
        let (channels, filters) = (shape.channels, shape.filters)
        let (height, width) = (Int(window.out_h), Int(window.out_w))
        let tiles = Int(CK_WINOGRAD_TILES)
        // A cache line or more between the points, or they would share the same few sets of it.
        let geometry = ck_winograd(
            channels: channels, filters: filters, in_h: Int(window.in_h), in_w: Int(window.in_w),
            out_h: height, out_w: width, tiles_h: (height + side - 1) / side,
            tiles_w: (width + side - 1) / side, u_stride: channels * filters + 16,
            v_stride: tiles * channels + 16, m_stride: tiles * filters + 64, side: Int32(side),
            pad_top: 0, pad_left: 0)
        return .winograd(
            geometry, u: arena.reserve(36 * geometry.u_stride),
            v: arena.reserve(36 * geometry.v_stride), m: arena.reserve(36 * geometry.m_stride))
    }

    package var flopsPerSample: Int { shape.flopsPerSample }
    package var parameterCount: Int { shape.parameterCount }
    package var activationCount: Int { shape.activationCount }

    package func forward(_ pass: Pass) {
        padded.copy(pass, input)
        shape.parameters.copy(pass)
        let images = padded.image(pass, input, 0)
        let kernel = shape.parameters.kernel(pass)
        let bias = shape.parameters.bias(pass)
        switch forwardScratch {
        case .winograd(let geometry, let u, let v, let m):
            withUnsafePointer(to: geometry) {
                ck_winograd_kernel($0, kernel, pass.arena[u])
                ck_winograd_forward(
                    $0, pass.count, images, pass.arena[u], bias, pass.arena[v], pass.arena[m],
                    pass.arena[output.values], bytes(pass.arena[places]))
            }
        case .product(let columns, let result):
            let window = padded.window
            for sample in 0..<pass.count {
                withUnsafePointer(to: window) {
                    ck_im2col(
                        $0, images + sample * window.inputCount, 0, window.out_h,
                        pass.arena[columns])
                }
                BLAS.multiply(
                    .plain(pass.arena[columns]), .plain(kernel),
                    into: pass.arena[result], m: window.positions, n: shape.filters,
                    k: window.elements)
                ck_bias_relu_pool(
                    pass.arena[result], bias, Int(window.out_h), Int(window.out_w),
                    shape.filters, pass.arena[output.values] + sample * shape.outputCount,
                    bytes(pass.arena[places]) + sample * shape.outputCount)
            }
        }
        guard let dropout else { return }
        // Not as outputs are written: tiles that are alike are copied, and drop different ones.
        dropout.draw(pass)
        dropout.apply(pass, to: pass.arena[output.values])
    }

    package func backward(_ pass: Pass) {
        guard pass.target != nil, let region = output.gradient else { return }
        let rows = shape.window.elements
        if input.gradient != nil {
            ck_kernel_by_filter(
                shape.parameters.kernel(pass), rows / shape.channels, shape.channels,
                shape.filters, pass.arena[kernelByFilter])
        }
        let sum = pass.arena[gradientByFilter]
        sum.update(repeating: 0, count: rows * shape.filters)
        let biasSum = pass.arena[biasGradient]
        biasSum.update(repeating: 0, count: shape.filters)
        let live = UnsafeMutableRawPointer(pass.arena[live]).assumingMemoryBound(to: UInt64.self)
        let entries = UnsafeMutableRawPointer(pass.arena[entries])
            .assumingMemoryBound(to: ck_entry.self)
        let counts = UnsafeMutableRawPointer(pass.arena[counts])
            .assumingMemoryBound(to: UInt32.self)
        withUnsafePointer(to: geometry) { geometry in
            for sample in 0..<pass.count {
                let gradient = pass.arena[region] + sample * shape.outputCount
                let place = bytes(pass.arena[places]) + sample * shape.outputCount
                ck_pooled_gradient(
                    geometry, pass.arena[output.values] + sample * shape.outputCount, place,
                    dropout?.scale ?? 1, gradient, biasSum, live)
                ck_sparse_kernel_gradient(
                    geometry, gradient, place, live, padded.image(pass, input, sample), entries,
                    counts, sum)
                guard let inputGradient = input.gradient else { continue }
                let dx = pass.arena[inputGradient] + sample * shape.window.inputCount
                let whole = paddedGradient.map { pass.arena[$0] } ?? dx
                whole.update(repeating: 0, count: padded.window.inputCount)
                ck_sparse_input_gradient(
                    geometry, gradient, live, pass.arena[kernelByFilter], whole)
                if paddedGradient != nil { padded.crop(whole, to: dx) }
            }
        }
        shape.parameters.add(pass, kernelByFilter: sum, bias: biasSum)
    }

    private var geometry: ck_pooled {
        ck_pooled(
            channels: shape.channels, filters: shape.filters,
            kernel_h: Int(shape.window.window_h), kernel_w: Int(shape.window.window_w),
            in_w: Int(padded.window.in_w), pool_h: shape.pooledHeight, pool_w: shape.pooledWidth)
    }
}
