import CKernels
import Tensors

/// Turns an architecture's layers into operations and reserves their memory.
struct PlanCompiler {
    let architecture: Architecture
    let batchSize: Int
    let purpose: Plan.Purpose
    private(set) var operations: [any Operation] = []
    var arena = ArenaPlan()
    /// What the next operation takes.
    private(set) var current: Activations
    private var nextTensor = 0

    init(_ architecture: Architecture, batchSize: Int, purpose: Plan.Purpose) {
        self.architecture = architecture
        self.batchSize = batchSize
        self.purpose = purpose
        current = Activations(values: arena.reserve(batchSize * architecture.input.count))
    }

    mutating func compile() {
        for position in architecture.layers.indices { compile(layerAt: position) }
    }

    private mutating func compile(layerAt position: Int) {
        let layer = architecture.layers[position]
        let shape = architecture.inputShape(ofLayer: position)
        let size = architecture.shapes[position].count
        let input = current
        switch layer {
        case .flatten:
            return
        case .dropout(let dropout):
            guard purpose == .training, dropout.rate > 0 else { return }
            current = reserve(size)
            operations.append(
                DropoutOperation(
                    name: "dropout", rate: dropout.rate, index: position, size: size,
                    batchSize: batchSize, input: input, output: current, arena: &arena))
        case .relu:
            current = reserve(size)
            operations.append(
                ReLUOperation(name: "relu", size: size, input: input, output: current))
        case .dense(let dense):
            let (name, kernel, bias) = nextParameters()
            current = reserve(size)
            operations.append(
                DenseOperation(
                    name: name, inputs: shape.count, units: dense.units,
                    relu: dense.activation == .relu, kernel: kernel, bias: bias, input: input,
                    output: current))
        case .convolution(let convolution):
            let (name, kernel, bias) = nextParameters()
            current = reserve(size)
            operations.append(
                ConvolutionOperation(
                    name: name, window: window(layer, shape, position), layer: convolution,
                    kernel: kernel, bias: bias, input: input, output: current, arena: &arena))
        case .maxPooling:
            current = reserve(size)
            operations.append(
                PoolingOperation(
                    name: "pool", window: window(layer, shape, position), input: input,
                    output: current, batchSize: batchSize, arena: &arena))
        }
    }

    private mutating func reserve(_ size: Int) -> Activations {
        Activations(
            values: arena.reserve(batchSize * size),
            gradient: purpose == .training ? arena.reserve(batchSize * size) : nil)
    }

    /// The layer's name and where its kernel and bias begin.
    private mutating func nextParameters() -> (name: String, kernel: Int, bias: Int) {
        let entries = architecture.layout.entries
        let kernel = entries[nextTensor]
        let bias = entries[nextTensor + 1]
        nextTensor += 2
        return (String(kernel.name.prefix { $0 != "/" }), kernel.offset, bias.offset)
    }

    private func window(_ layer: Layer, _ input: FeatureShape, _ position: Int) -> ck_window {
        // The architecture has been checked when it was made.
        guard let window = try? layer.slidingWindow(input: input, position: position) else {
            preconditionFailure("layer \(position + 1) of a checked architecture has no window")
        }
        return window
    }
}
