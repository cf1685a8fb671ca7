/// One layer of an architecture, of any kind.
///
/// ```
/// let layers: [Layer] = [.convolution(filters: 32, kernel: 3, activation: .relu), .flatten, .dense(10)]
/// ```
///
/// A kind of one's own is a `PlainLayer`, and becomes a layer by `Layer(_:)`.
public struct Layer: Sendable {
    /// The kind, with its sizes.
    public let base: any LayerDefinition

    /// A layer of any kind whose passes are written out.
    public init(_ layer: some PlainLayer) { base = layer }

    /// A layer that plans have operations of their own for.
    init(builtIn layer: some LayerDefinition) { base = layer }
}

extension Layer: Hashable {
    /// Whether both are of one kind and have the same sizes.
    public static func == (one: Layer, other: Layer) -> Bool {
        AnyHashable(one.base) == AnyHashable(other.base)
    }

    /// Of the kind and its sizes.
    public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(base)) }
}

/// What a layer is: what it makes of a sample's shape, and which parameters it has for that.
public protocol LayerDefinition: Hashable, Sendable, Codable {
    /// What architecture files call the kind: "dense".
    static var kind: String { get }
    /// What tensors are called, before their number: the "conv" of "conv1/kernel". The kind, unless said
    /// otherwise.
    static var tensorPrefix: String { get }
    /// Whether what becomes of a sample depends on the others of its batch.
    static var mixesSamples: Bool { get }
    /// The shape that it makes of `input`.
    /// - Throws: `LayerError` where it can't take such a sample.
    func output(of input: FeatureShape) throws(LayerError) -> FeatureShape
    /// Its parameters for that input.
    /// - Throws: `LayerError` as `output(of:)`.
    func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor]
    /// Floating-point operations of one sample's forward pass, a multiplication and an addition being two.
    func flopsPerSample(of input: FeatureShape) -> Int
}

extension LayerDefinition {
    /// The kind.
    public static var tensorPrefix: String { kind }
    /// No.
    public static var mixesSamples: Bool { false }
    /// None.
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] { [] }
    /// Next to none.
    public func flopsPerSample(of input: FeatureShape) -> Int { 0 }
}

/// One tensor of parameters that a layer has.
public struct LayerTensor: Hashable, Sendable {
    /// What it is: "kernel", "bias".
    public var name: String
    /// Its sizes, row-major.
    public var shape: [Int]
    /// How it starts.
    public var initializer: Initializer
    /// Whether it is no parameter that gradients move, but something that training counts along, like a
    /// running mean: the layer writes it in its forward pass, no optimiser touches it, and it is averaged
    /// as any tensor.
    public var isStatistic: Bool

    /// A tensor of that shape.
    public init(
        _ name: String, _ shape: [Int], _ initializer: Initializer, isStatistic: Bool = false
    ) {
        self.name = name
        self.shape = shape
        self.initializer = initializer
        self.isStatistic = isStatistic
    }

    /// Its Floats.
    public var count: Int { shape.reduce(1, *) }
}
