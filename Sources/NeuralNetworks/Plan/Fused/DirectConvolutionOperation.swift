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
    /// How outputs are pooled; nil where they are not.
    private let pooling: Pooling?
    let places: ArenaRegion
    /// The kernel's gradient, then the bias's.
    let kernelGradient: ArenaRegion
    let biasGradient: ArenaRegion
    private let sparse: SparseFirstGradient?

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
        pooling = shape.pools ? Pooling(shape, padded.window, batchSize, &arena) : nil
        places = arena.reserve((batchSize * shape.outputCount + 3) / 4)
        kernelGradient = arena.reserve(shape.window.elements * shape.filters)
        biasGradient = arena.reserve(shape.filters)
        sparse = shape.pools ? SparseFirstGradient(shape, arena: &arena) : nil
    }

    /// Scratch memory of one of the two ways to pooled outputs.
    private enum Pooling: Sendable {
        /// Vectors along the filters: one sample's output before pooling, and the bias of zero behind it.
        case filters(output: ArenaRegion, zeros: ArenaRegion)
        /// Vectors along the windows, where filters would leave half of the lanes idle: the images' even and
        /// odd rows and columns.
        case windows(planes: ArenaRegion)

        init(
            _ shape: FusedConvolution, _ window: ck_window, _ batchSize: Int,
            _ arena: inout ArenaPlan
        ) {
            guard 2 * shape.parameters.filters <= Int(ck_lanes()) else {
                self = .filters(
                    output: arena.reserve(window.positions * shape.filters),
                    zeros: arena.reserve(shape.filters))
                return
            }
            let plane = (Int(window.in_h) + 1) / 2 * ((Int(window.in_w) + 1) / 2)
            self = .windows(
                planes: arena.reserve(
                    batchSize * 4 * shape.channels * plane + Int(window.window_w)
                        + 2 * Int(ck_lanes())))
        }
    }

    package var flopsPerSample: Int { shape.flopsPerSample }
    package var parameterCount: Int { shape.parameterCount }
    package var activationCount: Int { shape.activationCount }

    package func forward(_ pass: Pass) {
        padded.copy(pass, input)
        shape.parameters.copy(pass)
        let kernel = shape.parameters.kernel(pass)
        let bias = shape.parameters.bias(pass)
        let y = pass.arena[output.values]
        let place = bytes(pass.arena[places])
        withUnsafePointer(to: padded.window) { window in
            if case .windows(let planes) = pooling {
                return ck_pooled_first(
                    window, pass.count, padded.image(pass, input, 0), kernel, bias, shape.filters,
                    shape.parameters.filters, pass.arena[planes], y, place)
            }
            for sample in 0..<pass.count {
                let first = sample * shape.outputCount
                let image = padded.image(pass, input, sample)
                guard case .filters(let whole, let zeros) = pooling else {
                    ck_direct_convolution(
                        window, image, kernel, bias, shape.filters, relu ? 1 : 0, y + first)
                    continue
                }
                ck_direct_convolution(
                    window, image, kernel, bias, shape.filters, 1, pass.arena[whole])
                ck_bias_relu_pool(
                    pass.arena[whole], pass.arena[zeros], Int(window.pointee.out_h),
                    Int(window.pointee.out_w), shape.filters, y + first, place + first)
            }
        }
    }

    package func backward(_ pass: Pass) {
        guard pass.target != nil, let region = output.gradient else { return }
        let biasSum = pass.arena[biasGradient]
        biasSum.update(repeating: 0, count: shape.filters)
        let sum = pass.arena[kernelGradient]
        if let sparse {
            sparse.begin(pass)
            for sample in 0..<pass.count {
                let first = sample * shape.outputCount
                sparse.add(
                    pass, padded.window, padded.image(pass, input, sample),
                    pass.arena[output.values] + first, bytes(pass.arena[places]) + first,
                    pass.arena[region] + first, bias: biasSum)
            }
            sparse.end(pass, kernelByFilter: sum)
            return shape.parameters.add(pass, kernelByFilter: sum, bias: biasSum)
        }
        sum.update(repeating: 0, count: shape.window.elements * shape.filters)
        for sample in 0..<pass.count {
            let first = sample * shape.outputCount
            withUnsafePointer(to: padded.window) {
                ck_direct_kernel_gradient(
                    $0, padded.image(pass, input, sample),
                    relu ? pass.arena[output.values] + first : nil, pass.arena[region] + first,
                    shape.filters, sum, biasSum)
            }
        }
        shape.parameters.add(pass, kernel: sum, bias: biasSum)
    }
}

/// The kernel's gradient over the output's gradients that are not zero: pooling passes on one of four.
private struct SparseFirstGradient: Sendable {
    private let shape: FusedConvolution
    /// As in `PooledConvolutionOperation`.
    private let entries: ArenaRegion
    private let counts: ArenaRegion
    /// The gradient by filters, whose rows are rounded up to whole vectors.
    private let lines: ArenaRegion
    private let line: Int

    init(_ shape: FusedConvolution, arena: inout ArenaPlan) {
        self.shape = shape
        entries = arena.reserve(
            2 * shape.filters * ((shape.pooledHeight + 1) * shape.pooledWidth + 8))
        counts = arena.reserve(shape.filters)
        let lanes = Int(ck_lanes())
        line = (Int(shape.window.window_w) * shape.channels + lanes - 1) / lanes * lanes
        lines = arena.reserve(shape.filters * Int(shape.window.window_h) * line)
    }

    private var rows: Int { shape.filters * Int(shape.window.window_h) }

    func begin(_ pass: Pass) { pass.arena[lines].update(repeating: 0, count: rows * line) }

    /// Adds a sample's gradients.
    func add(
        _ pass: Pass, _ window: ck_window, _ image: UnsafePointer<Float>,
        _ values: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>,
        _ gradient: UnsafePointer<Float>, bias: UnsafeMutablePointer<Float>
    ) {
        var geometry = ck_pooled(
            channels: shape.channels, filters: shape.filters,
            kernel_h: Int(window.window_h), kernel_w: Int(window.window_w),
            in_w: Int(window.in_w), pool_h: shape.pooledHeight, pool_w: shape.pooledWidth)
        ck_sparse_first_gradient(
            &geometry, shape.parameters.filters, values, places, gradient, image,
            UnsafeMutableRawPointer(pass.arena[entries]).assumingMemoryBound(to: ck_entry.self),
            UnsafeMutableRawPointer(pass.arena[counts]).assumingMemoryBound(to: UInt32.self),
            pass.arena[lines], bias)
    }

    /// Writes the sum of all samples.
    func end(_ pass: Pass, kernelByFilter sum: UnsafeMutablePointer<Float>) {
        let run = Int(shape.window.window_w) * shape.channels
        for row in 0..<rows {
            (sum + row * run).update(from: pass.arena[lines] + row * line, count: run)
        }
    }
}
