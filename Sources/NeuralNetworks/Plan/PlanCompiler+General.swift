import CKernels

/// Convolutions without pooling, normalisation and residual blocks in the fused engine.
extension PlanCompiler {
    /// Whether a layer is max(x, 0).
    func isReLU(at position: Int) -> Bool {
        position < scope.layers.count && scope.layers[position].base is ReLU
    }

    /// Whether `GeneralConvolutionOperation` can compute it.
    private func isGeneral(_ filters: Int, channels: Int) -> Bool {
        let lanes = Int(ck_lanes())
        return channels % lanes == 0 && filters % lanes == 0
    }

    mutating func compileGeneral(
        _ convolution: Convolution2D, at position: Int, _ window: ck_window
    ) -> Int {
        guard current.paddedChannels == nil,
            isGeneral(convolution.filters, channels: Int(window.channels))
        else { return 0 }
        let input = current
        let (name, kernel, bias) = nextParameters()
        current = reserve(scope.shapes[position].count)
        let joins = convolution.activation == .identity && isReLU(at: position + 1)
        operations.append(
            GeneralConvolutionOperation(
                name: joins ? "\(name)+relu" : name, window: window, filters: convolution.filters,
                relu: joins || convolution.activation == .relu, kernel: kernel, bias: bias,
                input: input, output: current, isTraining: purpose == .training, arena: &arena,
                scratch: &spareScratch))
        return joins ? 2 : 1
    }

    mutating func compileFused(
        _ layer: GroupNormalization, at position: Int, of shape: FeatureShape,
        adding other: Activations?, relu: Bool? = nil
    ) -> Int {
        guard shape.channels % Int(ck_lanes()) == 0 else { return 0 }
        let input = current
        let (name, parameters, _) = nextParameters()
        current = reserve(shape.count)
        let joins = relu == nil && isReLU(at: position + 1)
        operations.append(
            GroupNormalizationOperation(
                name: name + (other == nil ? "" : "+add") + (joins || relu == true ? "+relu" : ""),
                layer: layer, rows: shape.count / shape.channels, channels: shape.channels,
                parameters: parameters, relu: relu ?? joins, input: input, other: other,
                output: current, batchSize: batchSize, arena: &arena))
        return joins ? 2 : 1
    }

    /// Both ways of a block, their sum and a ReLU behind it. The way around comes first, so that the
    /// other's last operation can add it; going back, one of the two writes the gradient of what both
    /// begin with, and the other adds its own.
    mutating func compileFused(
        _ block: Residual, at position: Int, of shape: FeatureShape, place: String
    ) -> Int {
        guard adds(block, of: shape) else { return 0 }
        let outside = scope
        let input = current
        let relu = isReLU(at: position + 1)
        let size = scope.shapes[position].count
        let first = nextTensor
        let count = tensorCount(block.layers, of: shape, in: block)
        depth += 1
        nextTensor = first + count
        let around = compileWay(
            block.shortcut, of: block, from: input, adds: true, shape, place: "\(place)s")
        let last = nextTensor
        nextTensor = first
        let isNormalized = block.layers.last?.base is GroupNormalization
        let inner = compileWay(
            isNormalized ? Array(block.layers.dropLast()) : block.layers, of: block, from: input,
            adds: block.shortcut.isEmpty, shape, place: place)
        current = inner
        if isNormalized, let layer = block.layers.last?.base as? GroupNormalization {
            let index = block.layers.count - 1
            let from = operations.count
            _ = compileFused(
                layer, at: index, of: scope.inputShape(of: index), adding: around, relu: relu)
            steps.append(
                PlanStep(
                    place: place, layers: index..<index + 1, operations: from..<operations.count,
                    isFused: true))
        }
        nextTensor = last
        scope = outside
        depth -= 1
        if !isNormalized {
            current = reserve(size)
            operations.append(
                SumOperation(
                    name: relu ? "sum+relu" : "sum", size: size, relu: relu, ways: [around, inner],
                    output: current))
        }
        if let gradient = input.gradient, !input.holdsGradient { spareGradients.give(gradient) }
        if let gradient = around.gradient, !block.shortcut.isEmpty { spareGradients.give(gradient) }
        return relu ? 2 : 1
    }

    /// Compiles one way; the scope stays the way's.
    private mutating func compileWay(
        _ layers: [Layer], of block: Residual, from input: Activations, adds: Bool,
        _ shape: FeatureShape, place: String
    ) -> Activations {
        current = input
        current.isKept = true
        current.holdsGradient = true
        current.addsGradient = adds && input.gradient != nil && !layers.isEmpty
        scope = Scope(
            place: place, input: shape, layers: layers,
            shapes: checked { () throws(LayerError) in try block.chain(layers, shape) })
        compile()
        return current
    }

    /// Whether the way that is to add its gradient begins with a convolution that can, and no dropout
    /// draws other numbers because the way around comes first.
    private func adds(_ block: Residual, of shape: FeatureShape) -> Bool {
        guard !contains(Dropout.self, in: block.shortcut), !block.layers.isEmpty,
            case .image(_, _, let channels) = shape, current.paddedChannels == nil
        else { return false }
        if let last = block.layers.last?.base as? GroupNormalization {
            let channels = block.layers.dropLast().reduce(shape) { shape, layer in
                checked { () throws(LayerError) in try layer.base.output(of: shape) }
            }.channels
            guard channels % Int(ck_lanes()) == 0, block.layers.count > 1, last.groups > 0 else {
                return false
            }
        }
        guard current.gradient != nil else { return true }
        let way = block.shortcut.isEmpty ? block.layers : block.shortcut
        guard let first = way.first?.base as? Convolution2D else { return false }
        return isGeneral(first.filters, channels: channels)
    }

    private func contains(_ kind: any LayerDefinition.Type, in layers: [Layer]) -> Bool {
        layers.contains { layer in
            if let block = layer.base as? Residual {
                return contains(kind, in: block.layers) || contains(kind, in: block.shortcut)
            }
            return type(of: layer.base) == kind
        }
    }

    /// How many tensors a chain of layers has.
    private func tensorCount(_ layers: [Layer], of shape: FeatureShape, in block: Residual) -> Int {
        var input = shape
        var count = 0
        for layer in layers {
            count += checked { () throws(LayerError) in try layer.base.tensors(of: input) }.count
            if let inner = layer.base as? Residual {
                count += tensorCount(inner.layers, of: input, in: inner)
                count += tensorCount(inner.shortcut, of: input, in: inner)
            }
            input = checked { () throws(LayerError) in try layer.base.output(of: input) }
        }
        return count
    }
}
