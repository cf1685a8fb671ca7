/// What an architecture is made of and runs on, layer by layer; nothing is allocated to find out.
public struct ArchitectureSummary: Sendable {
    /// A layer, those of a block behind their block.
    public struct Row: Hashable, Sendable {
        /// "3"; in the block of layer 3 "3.1", on its shortcut "3.s1".
        public let place: String
        /// What architecture files call it.
        public let kind: String
        /// The shape that it makes.
        public let output: FeatureShape
        /// Floats of its own parameters.
        public let parameterCount: Int
        /// What computes it, as profiles name it: "conv1+pool"; empty where nothing is to be done, and where
        /// another layer's operation does it.
        public let operations: [String]
        /// Whether operations of the fused engine compute it; nil where none is its own.
        public let isFused: Bool?
        /// The place of the layer whose operation computes this one, too; nil for none.
        public let joined: String?
        /// Floating-point operations of a sample forward, every product counted.
        public let flopsPerSample: Int
    }

    /// The layers.
    public let rows: [Row]
    /// Floats of the model.
    public let parameterCount: Int
    /// Floating-point operations of a sample forward, every product counted.
    public var flopsPerSample: Int { rows.reduce(0) { $0 + $1.flopsPerSample } }

    /// What it is in training, by that engine.
    public init(_ architecture: Architecture, engine: Engine = .fused) {
        var compiler = PlanCompiler(architecture, batchSize: 1, purpose: .training, engine: engine)
        compiler.compile()
        var first: [String: PlanStep] = [:]
        var joined: [String: String] = [:]
        // Operations that a step has for itself: a block's are those that no layer within it has.
        var owners = [String?](repeating: nil, count: compiler.operations.count)
        for step in compiler.steps {
            let place = "\(step.place)\(step.layers.lowerBound + 1)"
            first[place] = step
            for other in step.layers.dropFirst() { joined["\(step.place)\(other + 1)"] = place }
            for operation in step.operations where owners[operation] == nil {
                owners[operation] = place
            }
        }
        rows = architecture.listedLayers.map { layer in
            let step = first[layer.place]
            let own = (step?.operations ?? 0..<0).filter { owners[$0] == layer.place }
                .map { compiler.operations[$0] }
            return Row(
                place: layer.place, kind: layer.kind, output: layer.output,
                parameterCount: layer.parameterCount, operations: own.map(\.name),
                isFused: own.isEmpty ? nil : step?.isFused, joined: joined[layer.place],
                flopsPerSample: own.reduce(0) { $0 + $1.flopsPerSample })
        }
        parameterCount = architecture.parameterCount
    }
}
