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
        let size = shape.window.elements * shape.filters
        sum.update(repeating: 0, count: size)
        let biasSum = pass.arena[biasGradient]
        biasSum.update(repeating: 0, count: shape.filters)
        for sample in 0..<pass.count {
            let first = sample * shape.outputCount
            var gradient = pass.arena[region] + first
            if relu {
                ck_relu_backward(
                    pass.arena[output.values] + first, gradient, gradient, shape.outputCount)
            }
            if let unpooled {
                let whole = pass.arena[unpooled]
                whole.update(repeating: 0, count: shape.window.positions * shape.filters)
                ck_unpool(
                    gradient, bytes(pass.arena[places]) + first, Int(shape.window.out_h),
                    Int(shape.window.out_w), shape.filters, whole)
                gradient = whole
            }
            withUnsafePointer(to: padded.window) {
                ck_direct_kernel_gradient(
                    $0, padded.image(pass, input, sample), gradient, shape.filters, sum, biasSum)
            }
        }
        shape.parameters.add(pass, kernel: sum, bias: biasSum)
    }
}
