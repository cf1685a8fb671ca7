import CKernels
import Tensors

/// A layer whose passes are written out, as an operation.
struct PlainOperation<Kind: PlainLayer>: Operation {
    let name: String
    let layer: Kind
    /// Of a sample's input.
    let shape: FeatureShape
    let inputCount: Int
    let outputCount: Int
    /// The layer's tensors.
    let parameters: Range<Int>
    /// Whether some of them are counted along.
    let hasStatistics: Bool
    /// Ranges of the layer's Floats that have a gradient.
    let trained: [Range<Int>]
    let input: Activations
    let output: Activations
    let isTraining: Bool
    private let memory: ArenaRegion
    private let gradient: ArenaRegion

    init(
        name: String, layer: Kind, shape: FeatureShape, outputCount: Int, parameters: Range<Int>,
        statistics: [Range<Int>], input: Activations, output: Activations, batchSize: Int,
        purpose: Plan.Purpose, arena: inout ArenaPlan
    ) {
        self.name = name
        self.layer = layer
        self.shape = shape
        inputCount = shape.count
        self.outputCount = outputCount
        self.parameters = parameters
        hasStatistics = !statistics.isEmpty
        trained = Plan.ranges(
            outside: statistics.map {
                $0.lowerBound - parameters.lowerBound..<$0.upperBound - parameters.lowerBound
            }, of: parameters.count)
        self.input = input
        self.output = output
        isTraining = purpose == .training
        memory = arena.reserve(layer.memoryCount(of: shape, batchSize: batchSize))
        gradient = arena.reserve(isTraining ? parameters.count : 0)
    }

    var flopsPerSample: Int { layer.flopsPerSample(of: shape) }
    var parameterCount: Int { parameters.count }
    var activationCount: Int { inputCount + outputCount }

    func forward(_ pass: Pass) { layer.forward(layerPass(pass)) }

    func backward(_ pass: Pass) {
        guard let target = pass.target, let outputGradient = output.gradient else { return }
        let own = pass.arena[gradient]
        own.update(repeating: 0, count: parameters.count)
        layer.backward(
            layerPass(pass),
            LayerGradients(
                output: pass.arena[outputGradient], input: input.gradient.map { pass.arena[$0] },
                parameters: own))
        // Whatever a layer says of its statistics: no step is to move them.
        for range in trained {
            ck_axpy(
                pass.scale, own + range.lowerBound,
                target + parameters.lowerBound + range.lowerBound, range.count)
        }
    }

    private func layerPass(_ pass: Pass) -> LayerPass {
        LayerPass(
            count: pass.count, shape: shape, inputCount: inputCount, outputCount: outputCount,
            input: UnsafePointer(pass.arena[input.values]), output: pass.arena[output.values],
            parameters: pass.parameters + parameters.lowerBound,
            statistics: isTraining && hasStatistics && !pass.keepsStatistics
                ? UnsafeMutablePointer(mutating: pass.parameters + parameters.lowerBound) : nil,
            memory: pass.arena[memory], isTraining: isTraining)
    }
}
