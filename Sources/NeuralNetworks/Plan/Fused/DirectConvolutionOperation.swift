import CKernels
import Tensors

/// A first layer's convolution with few channels, bias, perhaps ReLU, and behind that perhaps 2×2 pooling:
/// product by product with the filters along the vectors. Its input needs no gradient.
package struct DirectConvolutionOperation: Operation {
    package let name: String
    let shape: FusedConvolution
    let relu: Bool
    let input: Activations
    let output: Activations
    let padded: PaddedImages
    /// One sample's output before pooling, and its gradient.
    let unpooled: ArenaRegion?
    let places: ArenaRegion
    let zeroBias: ArenaRegion
    /// The kernel's gradient, then the bias's.
    private let sparse: SparseFirstGradient?
    let kernelGradient: ArenaRegion
    let biasGradient: ArenaRegion

    init(
        name: String, shape: FusedConvolution, relu: Bool, input: Activations, output: Activations,
        batchSize: Int, arena: inout ArenaPlan
    ) {
        self.name = name
        self.shape = shape
        self.relu = relu
        self.input = input
        self.output = output
        padded = PaddedImages(shape, tileSide: nil, batchSize: batchSize, arena: &arena)
        unpooled = shape.pools ? arena.reserve(shape.window.positions * shape.filters) : nil
        places = arena.reserve((batchSize * shape.outputCount + 3) / 4)
        zeroBias = arena.reserve(shape.filters)
        kernelGradient = arena.reserve(shape.window.elements * shape.filters)
        biasGradient = arena.reserve(shape.filters)
        // One channel goes the other way: its sums keep the order, and with it the bits, that they had.
        let isSparse =
            shape.pools && shape.channels > 1 && shape.filters <= 64 * CK_MAX_FILTER_WORDS
        sparse = isSparse ? SparseFirstGradient(shape, arena: &arena) : nil
    }

    package var flopsPerSample: Int { shape.flopsPerSample }
    package var parameterCount: Int { shape.parameterCount }
    package var activationCount: Int { shape.activationCount }

    package func forward(_ pass: Pass) {
        padded.copy(pass, input)
        shape.parameters.copy(pass)
        for sample in 0..<pass.count {
            let y = pass.arena[output.values] + sample * shape.outputCount
            withUnsafePointer(to: padded.window) {
                ck_direct_convolution(
                    $0, padded.image(pass, input, sample), shape.parameters.kernel(pass),
                    shape.parameters.bias(pass), shape.filters,
                    relu ? 1 : 0, unpooled.map { pass.arena[$0] } ?? y)
            }
            if let unpooled {
                ck_bias_relu_pool(
                    pass.arena[unpooled], pass.arena[zeroBias], Int(shape.window.out_h),
                    Int(shape.window.out_w), shape.filters, y,
                    bytes(pass.arena[places]) + sample * shape.outputCount)
            }
        }
    }

    package func backward(_ pass: Pass) {
        guard pass.target != nil, let region = output.gradient else { return }
        let sum = pass.arena[kernelGradient]
        sum.update(repeating: 0, count: shape.window.elements * shape.filters)
        let biasSum = pass.arena[biasGradient]
        biasSum.update(repeating: 0, count: shape.filters)
        for sample in 0..<pass.count {
            let first = sample * shape.outputCount
            var gradient = pass.arena[region] + first
            let values = pass.arena[output.values] + first
            let image = padded.image(pass, input, sample)
            if let sparse {
                sparse.add(
                    pass, shape, padded.window, image, values,
                    bytes(pass.arena[places]) + first, gradient, kernelByFilter: sum, bias: biasSum)
                continue
            }
            if relu { ck_relu_backward(values, gradient, gradient, shape.outputCount) }
            if let unpooled {
                let whole = pass.arena[unpooled]
                whole.update(repeating: 0, count: shape.window.positions * shape.filters)
                ck_unpool(
                    gradient, bytes(pass.arena[places]) + first, Int(shape.window.out_h),
                    Int(shape.window.out_w), shape.filters, whole)
                gradient = whole
            }
            withUnsafePointer(to: padded.window) {
                ck_direct_kernel_gradient($0, image, gradient, shape.filters, sum, biasSum)
            }
        }
        if sparse == nil {
            shape.parameters.add(pass, kernel: sum, bias: biasSum)
        } else {
            shape.parameters.add(pass, kernelByFilter: sum, bias: biasSum)
        }
    }
}

/// The kernel's gradient over the output's gradients that are not zero: pooling passes on one of four.
private struct SparseFirstGradient: Sendable {
    /// As in `PooledConvolutionOperation`.
    private let live: ArenaRegion
    private let entries: ArenaRegion
    private let counts: ArenaRegion

    init(_ shape: FusedConvolution, arena: inout ArenaPlan) {
        let positions = shape.pooledHeight * shape.pooledWidth
        live = arena.reserve(positions * ((shape.filters + 63) / 64) * 4 * 2)
        entries = arena.reserve(2 * shape.filters * positions)
        counts = arena.reserve(shape.filters)
    }

    /// Adds a sample's gradients.
    func add(
        _ pass: Pass, _ shape: FusedConvolution, _ window: ck_window,
        _ image: UnsafePointer<Float>, _ values: UnsafePointer<Float>,
        _ places: UnsafePointer<UInt8>, _ gradient: UnsafeMutablePointer<Float>,
        kernelByFilter sum: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>
    ) {
        let live = UnsafeMutableRawPointer(pass.arena[live]).assumingMemoryBound(to: UInt64.self)
        var geometry = ck_pooled(
            channels: shape.channels, filters: shape.filters,
            kernel_h: Int(window.window_h), kernel_w: Int(window.window_w),
            in_w: Int(window.in_w), pool_h: shape.pooledHeight, pool_w: shape.pooledWidth)
        ck_pooled_gradient(&geometry, values, places, 1, gradient, bias, live)
        ck_sparse_run_gradient(
            &geometry, gradient, places, live, image,
            UnsafeMutableRawPointer(pass.arena[entries]).assumingMemoryBound(to: ck_entry.self),
            UnsafeMutableRawPointer(pass.arena[counts]).assumingMemoryBound(to: UInt32.self), sum)
    }
}
