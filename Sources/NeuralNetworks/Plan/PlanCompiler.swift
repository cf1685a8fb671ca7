import CKernels
import Tensors

/// Turns an architecture's layers into operations and reserves their memory.
struct PlanCompiler {
    let architecture: Architecture
    let batchSize: Int
    let purpose: Plan.Purpose
    let engine: Engine
    var operations: [any Operation] = []
    /// Which layers became which operations, those of a block in front of the block itself.
    var steps: [PlanStep] = []
    var arena = ArenaPlan()
    /// What the next operation takes.
    var current: Activations
    var nextTensor = 0
    /// Places of gradients that later operations may use again, for those go back earlier; and the gradient
    /// that the last operation writes.
    var spareGradients = SparePlaces()
    private var written: ArenaRegion?
    /// Places that an operation uses for nothing but its own passes.
    var spareScratch = SparePlaces()
    /// The layers that are being compiled, a block's or the architecture's, and the shapes around each.
    var scope: Scope
    /// Blocks that have been begun; 0 outside.
    var depth = 0
    private var nestedDropouts = 0

    /// A chain of layers.
    struct Scope {
        /// What stands before the numbers of its layers: "3." in the third one's block.
        var place = ""
        var input: FeatureShape
        var layers: [Layer]
        var shapes: [FeatureShape]

        func inputShape(of position: Int) -> FeatureShape {
            position == 0 ? input : shapes[position - 1]
        }
    }

    init(_ architecture: Architecture, batchSize: Int, purpose: Plan.Purpose, engine: Engine) {
        self.architecture = architecture
        self.batchSize = batchSize
        self.purpose = purpose
        self.engine = engine
        scope = Scope(
            input: architecture.input, layers: architecture.layers, shapes: architecture.shapes)
        current = Activations(
            values: arena.reserve(batchSize * architecture.input.count), isInput: true)
    }

    mutating func compile() {
        var position = 0
        while position < scope.layers.count {
            let first = operations.count
            let joined = engine == .fused ? compileFused(from: position) : 0
            if joined == 0 { compile(layerAt: position) }
            steps.append(
                PlanStep(
                    place: scope.place, layers: position..<position + max(joined, 1),
                    operations: first..<operations.count, isFused: joined > 0))
            position += max(joined, 1)
        }
    }

    private mutating func compile(layerAt position: Int) {
        let layer = scope.layers[position]
        let shape = scope.inputShape(of: position)
        let size = scope.shapes[position].count
        let input = current
        switch layer.base {
        case is Flatten, is Reshape:
            return
        case let dropout as Dropout:
            guard let mask = mask(dropout, at: position, size: size) else { return }
            if input.isInput || input.isKept {
                current = Activations(
                    values: arena.reserve(batchSize * size),
                    gradient: input.gradient.map { _ in arena.reserve(batchSize * size) },
                    isInput: input.isInput)
            }
            operations.append(
                DropoutOperation(name: "dropout", dropout: mask, input: input, output: current))
        case is ReLU:
            current = reserve(size)
            operations.append(
                ReLUOperation(name: "relu", size: size, input: input, output: current))
        case let dense as Dense:
            let (name, kernel, bias) = nextParameters()
            let relu = dense.activation == .relu
            current = reserve(size)
            operations.append(
                DenseOperation(
                    name: name, inputs: shape.count, units: dense.units, relu: relu,
                    kernel: kernel, bias: bias, input: input, output: current,
                    biasGradient: arena.reserve(dense.units)))
        case let convolution as Convolution2D:
            let (name, kernel, bias) = nextParameters()
            current = reserve(size)
            operations.append(
                ConvolutionOperation(
                    name: name,
                    window: checked { () throws(LayerError) in
                        try convolution.window(over: shape)
                    }, layer: convolution,
                    kernel: kernel, bias: bias, input: input, output: current, arena: &arena))
        case let pooling as MaxPooling2D:
            current = reserve(size)
            operations.append(
                PoolingOperation(
                    name: "pool",
                    window: checked { () throws(LayerError) in try pooling.window(over: shape) },
                    input: input, output: current, batchSize: batchSize, arena: &arena))
        case let block as Residual:
            compile(block, of: shape, place: "\(scope.place)\(position + 1).")
        case let plain as any PlainLayer: compile(plain, of: shape, outputCount: size)
        default:
            preconditionFailure("layer \(position + 1) has no operation: a layer is a PlainLayer")
        }
    }

    private mutating func compile(
        _ layer: some PlainLayer, of shape: FeatureShape, outputCount: Int
    ) {
        let tensors = checked { () throws(LayerError) in try layer.tensors(of: shape) }
        let entries = architecture.layout.entries[nextTensor..<nextTensor + tensors.count]
        nextTensor += tensors.count
        let input = current
        current = reserve(outputCount)
        current.isKept = true
        operations.append(
            PlainOperation(
                name: entries.first.map { String($0.name.prefix { $0 != "/" }) }
                    ?? type(of: layer).kind,
                layer: layer, shape: shape, outputCount: outputCount,
                parameters: (entries.first?.offset ?? 0)..<(entries.last?.range.upperBound ?? 0),
                statistics: zip(entries, tensors).filter { $1.isStatistic }.map(\.0.range),
                input: input, output: current, batchSize: batchSize, purpose: purpose,
                arena: &arena))
    }

    /// Both ways of a block, and what joins them. Each way has a gradient of the block's input of its
    /// own, which are added up last.
    private mutating func compile(_ block: Residual, of shape: FeatureShape, place: String) {
        let outside = scope
        let input = current
        depth += 1
        let starts = [0, 1].map { _ in
            Activations(
                values: input.values,
                gradient: input.gradient.map { _ in arena.reserve(batchSize * shape.count) },
                isInput: input.isInput, isKept: true)
        }
        operations.append(
            ForkOperation(
                size: shape.count, input: input, inner: starts[0], outer: starts[1]))
        var ends: [Activations] = []
        for (index, (start, layers)) in zip(starts, [block.layers, block.shortcut]).enumerated() {
            current = start
            scope = Scope(
                place: index == 0 ? place : "\(place)s", input: shape, layers: layers,
                shapes: checked { () throws(LayerError) in try block.chain(layers, shape) })
            compile()
            ends.append(current)
        }
        scope = outside
        depth -= 1
        let size = checked { () throws(LayerError) in try block.output(of: shape) }.count
        current = reserve(size)
        operations.append(
            JoinOperation(size: size, inner: ends[0], outer: ends[1], output: current))
    }

    /// The architecture has been checked when it was made.
    func checked<Value>(_ body: () throws(LayerError) -> Value) -> Value {
        do throws(LayerError) {
            return try body()
        } catch {
            preconditionFailure("a checked architecture: \(error)")
        }
    }

    /// Compiles the layer at `position`, and those behind it that belong to it, into one operation
    /// of the fused engine.
    /// - Returns: how many layers that were; 0 where the plain operations must do.
    private mutating func compileFused(from position: Int) -> Int {
        let layer = scope.layers[position]
        let shape = scope.inputShape(of: position)
        switch layer.base {
        case let dense as Dense:
            let input = current
            let (name, kernel, bias) = nextParameters()
            current = reserve(dense.units)
            let relu = dense.activation == .relu
            if purpose == .inference,
                dense.units % Int(ck_lanes()) == 0
                    || dense.units >= FirstDenseOperation.fewestUnits
            {
                operations.append(
                    LiveDenseOperation(
                        name: name, inputs: shape.count, units: dense.units, relu: relu,
                        kernel: kernel, bias: bias, input: input, output: current))
                return 1
            }
            let dropout = dropout(at: position + 1, size: dense.units)
            if purpose == .training, input.gradient == nil,
                dense.units >= FirstDenseOperation.fewestUnits
            {
                operations.append(
                    FirstDenseOperation(
                        name: label(name, dropout), inputs: shape.count, units: dense.units,
                        relu: relu, dropout: dropout, kernel: kernel, bias: bias, input: input,
                        output: current, batchSize: batchSize, arena: &arena))
                return dropout == nil ? 1 : 2
            }
            operations.append(
                PackedDenseOperation(
                    name: label(name, dropout), inputs: shape.count, units: dense.units,
                    relu: relu, dropout: dropout, kernel: kernel, bias: bias, input: input,
                    output: current, biasGradient: arena.reserve(dense.units),
                    scratch: purpose == .training
                        ? .init(batchSize: batchSize, units: dense.units, arena: &arena) : nil))
            return dropout == nil ? 1 : 2
        case let convolution as Convolution2D:
            return compileFused(
                convolution, at: position,
                checked { () throws(LayerError) in try convolution.window(over: shape) })
        case let normalization as GroupNormalization:
            return compileFused(normalization, at: position, of: shape, adding: nil)
        case let block as Residual:
            return compileFused(
                block, at: position, of: shape, place: "\(scope.place)\(position + 1).")
        default:
            return 0
        }
    }

    private mutating func compileFused(
        _ convolution: Convolution2D, at position: Int, _ window: ck_window
    ) -> Int {
        let lanes = Int(ck_lanes())
        let isDirect =
            current.isInput && window.channels <= 4 && window.elements <= CK_MAX_TAPS
        let channels = current.paddedChannels ?? Int(window.channels)
        guard isDirect || (channels % lanes == 0 && isSparse(at: position) && !current.addsGradient)
        else { return compileGeneral(convolution, at: position, window) }
        let pools = isPlainReLU(convolution) && pools(after: position)
        guard let filters = filters(convolution, behind: pools ? position + 2 : position + 1)
        else { return 0 }
        let input = current
        let (name, kernel, bias) = nextParameters()
        let shape = FusedConvolution(
            window: window, filters: convolution.filters, pools: pools, kernel: kernel, bias: bias,
            paddedChannels: channels, paddedFilters: filters, arena: &arena)
        current = reserve(shape.outputCount)
        if filters != convolution.filters { current.paddedChannels = filters }
        let label = pools ? "\(name)+pool" : name
        if isDirect {
            let joins = convolution.activation == .identity && isReLU(at: position + 1)
            operations.append(
                DirectConvolutionOperation(
                    name: joins ? "\(label)+relu" : label, shape: shape,
                    relu: joins || convolution.activation == .relu, input: input, output: current,
                    batchSize: batchSize, arena: &arena))
            return pools || joins ? 2 : 1
        }
        let dropout = dropout(at: position + 2, size: shape.outputCount)
        operations.append(
            PooledConvolutionOperation(
                name: self.label(label, dropout), shape: shape, dropout: dropout, input: input,
                output: current, batchSize: batchSize, arena: &arena))
        return dropout == nil ? 2 : 3
    }

    /// Whether the layer is a convolution that `PooledConvolutionOperation` can compute, if only the
    /// channels before it fill vectors.
    func isSparse(at position: Int) -> Bool {
        guard position < scope.layers.count,
            let convolution = scope.layers[position].base as? Convolution2D,
            isPlainReLU(convolution), pools(after: position),
            let filters = filters(convolution, behind: position + 2)
        else { return false }
        return filters <= 64 * CK_MAX_FILTER_WORDS
            && (convolution.kernel.width == 3 || convolution.kernel.width == 5)
            && convolution.kernel.height * convolution.kernel.width <= CK_MAX_TAPS
    }

    private func isPlainReLU(_ convolution: Convolution2D) -> Bool {
        convolution.activation == .relu && convolution.strides == 1
    }

    private func pools(after position: Int) -> Bool {
        position + 1 < scope.layers.count
            && scope.layers[position + 1] == .maxPooling(2)
    }

    /// Filters of a fused convolution in memory: its own if they fill vectors. If they don't, zeros
    /// fill them up where the layer that takes them, at `next`, can do with that; else nil.
    private func filters(_ convolution: Convolution2D, behind next: Int) -> Int? {
        let lanes = Int(ck_lanes())
        if convolution.filters % lanes == 0 { return convolution.filters }
        return isSparse(at: next) ? (convolution.filters + lanes - 1) / lanes * lanes : nil
    }

    private func label(_ name: String, _ dropout: DropoutMask?) -> String {
        dropout == nil ? name : "\(name)+dropout"
    }

    /// The mask of the dropout layer at `position`, if one is there that has something to drop.
    private mutating func dropout(at position: Int, size: Int) -> DropoutMask? {
        guard position < scope.layers.count,
            let dropout = scope.layers[position].base as? Dropout
        else { return nil }
        return mask(dropout, at: position, size: size)
    }

    private mutating func mask(_ dropout: Dropout, at position: Int, size: Int) -> DropoutMask? {
        guard purpose == .training, dropout.rate > 0 else { return nil }
        // Streams of dropout layers in blocks lie behind those of all others.
        var index = position
        if depth > 0 {
            index = Architecture.layerLimit + nestedDropouts
            nestedDropouts += 1
        }
        return DropoutMask(
            rate: dropout.rate, index: index, size: size, batchSize: batchSize, arena: &arena)
    }

    /// Places for what the next operation makes of `current`, and for its gradient.
    mutating func reserve(_ size: Int) -> Activations {
        let values = arena.reserve(batchSize * size)
        guard purpose == .training else { return Activations(values: values) }
        // Going back, what the last operation wrote is no longer read when the next one's is needed.
        if let written { spareGradients.give(written) }
        written = current.holdsGradient ? nil : current.gradient
        return Activations(
            values: values, gradient: spareGradients.take(batchSize * size, from: &arena))
    }

    /// The layer's name and where its kernel and bias begin.
    mutating func nextParameters() -> (name: String, kernel: Int, bias: Int) {
        let entries = architecture.layout.entries
        let kernel = entries[nextTensor]
        let bias = entries[nextTensor + 1]
        nextTensor += 2
        return (String(kernel.name.prefix { $0 != "/" }), kernel.offset, bias.offset)
    }
}
