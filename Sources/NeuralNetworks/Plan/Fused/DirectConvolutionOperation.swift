import CKernels
import Tensors

/// A first layer's convolution with few channels, bias, ReLU and perhaps 2×2 pooling: product by
/// product with the filters along the vectors. Its input needs no gradient.
struct DirectConvolutionOperation: Operation {
    let name: String
    let shape: FusedConvolution
    let input: Activations
    let output: Activations
    let padded: PaddedImages
    /// One sample's output before pooling, and its gradient.
    let unpooled: ArenaRegion?
    let places: ArenaRegion
    let zeroBias: ArenaRegion
    /// The kernel's gradient, then the bias's.
    let kernelGradient: ArenaRegion
    let biasGradient: ArenaRegion

    init(
        name: String, shape: FusedConvolution, input: Activations, output: Activations,
        batchSize: Int, arena: inout ArenaPlan
    ) {
        self.name = name
        self.shape = shape
        self.input = input
        self.output = output
        padded = PaddedImages(shape, tileSide: nil, batchSize: batchSize, arena: &arena)
        unpooled = shape.pools ? arena.reserve(shape.window.positions * shape.filters) : nil
        places = arena.reserve((batchSize * shape.outputCount + 3) / 4)
        zeroBias = arena.reserve(shape.filters)
        kernelGradient = arena.reserve(shape.window.elements * shape.filters)
        biasGradient = arena.reserve(shape.filters)
    }

    var flopsPerSample: Int { shape.flopsPerSample }
    var parameterCount: Int { shape.parameterCount }
    var activationCount: Int { shape.activationCount }

    func forward(_ pass: Pass) {
        padded.copy(pass, input)
        for sample in 0..<pass.count {
            let y = pass.arena[output.values] + sample * shape.outputCount
            withUnsafePointer(to: padded.window) {
                ck_direct_convolution(
                    $0, padded.image(pass, input, sample), pass.parameters + shape.kernel,
                    pass.parameters + shape.bias, shape.filters,
                    unpooled.map { pass.arena[$0] } ?? y)
            }
            if let unpooled {
                ck_bias_relu_pool(
                    pass.arena[unpooled], pass.arena[zeroBias], Int(shape.window.out_h),
                    Int(shape.window.out_w), shape.filters, y,
                    bytes(pass.arena[places]) + sample * shape.outputCount)
            }
        }
    }

    func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient else { return }
        let dy = pass.arena[region]
        let rows = pass.count * shape.outputCount / shape.filters
        ck_relu_backward(pass.arena[output.values], dy, dy, pass.count * shape.outputCount)
        addBiasGradient(pass, dy, rows: rows, columns: shape.filters, biasGradient, at: shape.bias)
        let sum = pass.arena[kernelGradient]
        let size = shape.window.elements * shape.filters
        sum.update(repeating: 0, count: size)
        for sample in 0..<pass.count {
            var gradient = dy + sample * shape.outputCount
            if let unpooled {
                let whole = pass.arena[unpooled]
                whole.update(repeating: 0, count: shape.window.positions * shape.filters)
                ck_unpool(
                    gradient, bytes(pass.arena[places]) + sample * shape.outputCount,
                    Int(shape.window.out_h), Int(shape.window.out_w), shape.filters, whole)
                gradient = whole
            }
            withUnsafePointer(to: padded.window) {
                ck_direct_kernel_gradient(
                    $0, padded.image(pass, input, sample), gradient, shape.filters, sum)
            }
        }
        ck_axpy(pass.scale, sum, target + shape.kernel, size)
    }
}
