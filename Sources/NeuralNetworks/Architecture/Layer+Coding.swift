import Synchronization

/// As an architecture file has it: `{"layer": "dense", "units": 10}`, the kind and then its sizes.
extension Layer: Codable {
    private enum CodingKeys: String, CodingKey { case layer }

    /// Kinds by name: those that come with the package, and those that have been registered.
    private static let kinds = Mutex<[String: any LayerDefinition.Type]>(
        Dictionary(uniqueKeysWithValues: Self.builtIn.map { ($0.kind, $0) }))

    /// Kinds of layers that have operations of their own, a row each.
    private static let compiled: [any LayerDefinition.Type] = [
        Convolution2D.self, MaxPooling2D.self, Dense.self, ReLU.self, Dropout.self, Flatten.self,
        Reshape.self, Residual.self,
    ]

    /// Plain kinds that come with the package, a row each.
    private static let plain: [any PlainLayer.Type] = [
        AveragePooling2D.self, BatchNormalization.self, DepthwiseConvolution2D.self, ELU.self,
        Embedding.self, GELU.self, GlobalAveragePooling.self, GlobalMaxPooling.self,
        GroupNormalization.self, LayerNormalization.self, LeakyReLU.self, Sigmoid.self,
        Softplus.self, Tanh.self, ZeroPadding2D.self,
    ]

    private static var builtIn: [any LayerDefinition.Type] { compiled + plain }

    /// Lets architectures of files, servers and stores have layers of one's own kind.
    ///
    /// A kind of a name that is there already takes its place, unless that came with the package.
    /// - Precondition: no kind of the package has that name.
    public static func register(_ kind: (some PlainLayer).Type) {
        precondition(
            !builtIn.contains { $0.kind == kind.kind }, "there is a layer “\(kind.kind)” already")
        kinds.withLock { $0[kind.kind] = kind }
    }

    /// The kinds that files may name, in alphabetical order.
    public static var kindNames: [String] { kinds.withLock { $0.keys.sorted() } }

    /// Reads the kind, and then its sizes.
    /// - Throws: `UnknownLayer`, and what the decoder throws.
    public init(from decoder: any Decoder) throws {
        let name = try decoder.container(keyedBy: CodingKeys.self)
            .decode(String.self, forKey: .layer)
        guard let kind = Self.kinds.withLock({ $0[name] }) else { throw UnknownLayer(name) }
        base = try kind.init(from: decoder)
    }

    /// Writes the kind, and then its sizes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(type(of: base).kind, forKey: .layer)
        try base.encode(to: encoder)
    }
}

/// A kind of layer that nobody has registered.
public struct UnknownLayer: Error, Hashable, CustomStringConvertible {
    /// What it is called.
    public let name: String

    /// Of that name.
    public init(_ name: String) { self.name = name }

    /// A sentence with the kinds that there are.
    public var description: String {
        "there is no layer “\(name)”: they are \(Layer.kindNames.joined(separator: ", "))"
    }
}
