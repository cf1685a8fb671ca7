import Federation
import Parameters

/// What a body must be to be taken: the parts of the header that are known before it comes.
public struct ModelExpectation: Sendable {
    /// What it must hold.
    public var kind: ModelHeader.Kind
    /// The run it must be of.
    public var run: RunIdentifier
    /// The round it must be of; nil takes any.
    public var round: Int?
    /// The client it must come from or be for; 0 for a global model.
    public var client: Int
    /// The model's architecture.
    public var architecture: ArchitectureDigest
    /// The model's tensors, which give the number of parameters and the names in errors.
    public var layout: ParameterLayout
    /// How its vector may be written.
    public var encodings: [any VectorEncoding] = VectorEncodings.all

    /// An update of that client in that round: a model or a change, with or without a report.
    public static func update(
        run: RunIdentifier, round: Int, client: Int, architecture: ArchitectureDigest,
        layout: ParameterLayout
    ) -> ModelExpectation {
        ModelExpectation(
            kind: .update, run: run, round: round, client: client, architecture: architecture,
            layout: layout)
    }

    /// A global model, after however many rounds unless they are given.
    public static func globalModel(
        run: RunIdentifier, round: Int? = nil, architecture: ArchitectureDigest,
        layout: ParameterLayout
    ) -> ModelExpectation {
        ModelExpectation(
            kind: .globalModel, run: run, round: round, client: 0, architecture: architecture,
            layout: layout)
    }

    /// A client's correction, after however many rounds unless they are given.
    public static func correction(
        run: RunIdentifier, round: Int? = nil, client: Int, architecture: ArchitectureDigest,
        layout: ParameterLayout
    ) -> ModelExpectation {
        ModelExpectation(
            kind: .correction, run: run, round: round, client: client,
            architecture: architecture, layout: layout)
    }

    /// The Content-Length that the body has at most.
    public var maximumBodyByteCount: Int { ModelHeader.byteCount + contentByteCounts.upperBound }

    /// How many bytes may follow the header.
    var contentByteCounts: ClosedRange<Int> {
        let sections = kind.sectionCounts
        let vector = encodings.map { $0.byteLimit(count: layout.count) }.max() ?? 0
        let report = sections.upperBound > 1 ? UpdateReport.byteLimit : 0
        return sections.lowerBound * ModelSection.byteCount...sections.upperBound
            * ModelSection.byteCount + vector + report
    }

    /// The header that the body must have, where it is known.
    var header: ModelHeader {
        var header = ModelHeader(
            kind: kind, run: run, round: round ?? 0, client: client, sampleCount: 0,
            architecture: architecture)
        header.sectionCount = kind.sectionCounts.lowerBound
        return header
    }

    /// Whether every byte of a field is known before it comes.
    func isKnown(_ field: ModelHeader.Field) -> Bool {
        switch field {
        case .round: round != nil
        case .samples, .sections: kind != .update
        case .length, .checksum: false
        default: true
        }
    }
}
