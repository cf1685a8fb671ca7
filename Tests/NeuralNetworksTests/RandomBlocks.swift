import NeuralNetworks
import Parameters

/// Random small networks of residual blocks, normalisations, pooling and convolutions of any stride, with
/// and without ReLU and dropout, of channels that do and do not fill vectors.
struct RandomBlocks {
    private var random: RandomStream
    private var shape: FeatureShape
    private var layers: [Layer] = []

    /// Draws it.
    init(_ random: inout RandomStream) throws {
        shape = .image(
            height: random.next(in: 8...19), width: random.next(in: 8...19),
            channels: [1, 2, 3, 3, 4, 8, 16][random.next(below: 7)])
        self.random = random
        for _ in 0...draw(below: 3) {
            switch draw(below: 4) {
            case 0: try add(convolution(strides: 1 + draw(below: 3)))
            case 1:
                try add(convolution(strides: 1))
                try add(normalization())
                if draw(below: 4) == 0 { try add(.averagePooling(2, padding: .same)) }
                if draw(below: 4) == 0 { try add(.maxPooling(2, padding: .same)) }
            default: try add(block(of: shape, depth: 0))
            }
            if draw(below: 2) == 0 { try add(.relu) }
            if draw(below: 5) == 0 { try add(.dropout(0.25)) }
        }
        random = self.random
    }

    func architecture() throws -> Architecture {
        guard let input = first else { return try Architecture(input: shape, layers) }
        let end: Layer = layers.count % 2 == 0 ? .globalAveragePooling : .flatten
        return try Architecture(input: input, layers + [end, .dense(10)])
    }

    private var first: FeatureShape?

    private mutating func add(_ layer: Layer) throws {
        if first == nil { first = shape }
        shape = try layer.base.output(of: shape)
        layers.append(layer)
    }

    private mutating func draw(below limit: Int) -> Int { random.next(below: limit) }
    private func channels(of shape: FeatureShape) -> Int { shape.sizes.last ?? 1 }

    private mutating func convolution(strides: Int) -> Layer {
        let side = [3, 3, 3, 5, 1, 2][draw(below: 6)]
        return .convolution(
            filters: [8, 16, 32, 24, 10, 12][draw(below: 6)],
            kernel: Extent2D(height: draw(below: 5) == 0 ? 3 : side, width: side),
            strides: Extent2D(height: strides, width: draw(below: 4) == 0 ? 1 : strides),
            padding: .same, activation: draw(below: 3) == 0 ? .relu : .identity)
    }

    private mutating func normalization(of count: Int? = nil) -> Layer {
        let count = count ?? channels(of: shape)
        return switch draw(below: 8) {
        case 0: .batchNormalization()
        case 1: .layerNormalization()
        default: .groupNormalization(groups: [1, 2, count / 2, count][draw(below: 4)])
        }
    }

    private mutating func block(of shape: FeatureShape, depth: Int) throws -> Layer {
        let before = channels(of: shape)
        let filters = draw(below: 2) == 0 ? before : [8, 16, 32, 48, 10][draw(below: 5)]
        let side = draw(below: 3) == 0 ? 2 : 1
        let strides = Extent2D(height: side, width: side)
        func plain(_ kernel: Extent2D, _ strides: Extent2D = 1) -> Layer {
            .convolution(filters: filters, kernel: kernel, strides: strides, padding: .same)
        }
        var inner: [Layer] = draw(below: 5) == 0 ? [.relu] : []
        inner.append(plain(draw(below: 4) == 0 ? 5 : 3, strides))
        // Groups must divide the channels.
        if draw(below: 3) > 0, filters > 1 { inner.append(normalization(of: filters)) }
        if draw(below: 3) > 0 { inner.append(.relu) }
        if draw(below: 4) == 0 { inner.append(.dropout(0.25)) }
        if depth < 2, draw(below: 4) == 0 {
            let between = try inner.reduce(shape) { try $1.base.output(of: $0) }
            let nested = try block(of: between, depth: depth + 1)
            if try nested.base.output(of: between) == between { inner.append(nested) }
        }
        inner.append(plain(3))
        if draw(below: 4) > 0, filters > 1 { inner.append(normalization(of: filters)) }
        guard side > 1 || filters != before else { return .residual(inner) }
        var around: [Layer] = draw(below: 6) == 0 ? [.relu] : []
        around.append(plain(draw(below: 2) == 0 ? 1 : 3, strides))
        if draw(below: 2) == 0, filters > 1 { around.append(normalization(of: filters)) }
        if draw(below: 5) == 0 { around.append(.dropout(0.25)) }
        return .residual(inner, shortcut: around)
    }
}
