import Federation
import Tensors

#if _endian(big)
    #error("binary bodies are copied as they are, which needs a little-endian machine")
#endif

/// A binary body: a header and the parameters that it announces.
public struct ModelBody: Equatable, Sendable {
    /// What the parameters are.
    public let header: ModelHeader
    /// The model.
    public let parameters: ParameterVector
    /// The header's checksum, 16 bytes. Two bodies are the same if these are.
    public let checksum: [UInt8]

    /// A body that holds `parameters`.
    /// - Precondition: the header says as many parameters as there are.
    public init(_ header: ModelHeader, _ parameters: ParameterVector) {
        precondition(
            header.parameterCount == parameters.count,
            "the header says \(header.parameterCount) parameters, not \(parameters.count)")
        self.init(header, parameters, checksum: ModelChecksum.of(header.bytes, parameters))
    }

    init(_ header: ModelHeader, _ parameters: ParameterVector, checksum: [UInt8]) {
        self.header = header
        self.parameters = parameters
        self.checksum = checksum
    }

    /// The body's bytes, ready to be sent.
    public func encoded() -> [UInt8] {
        let headerBytes = header.bytes + checksum
        return [UInt8](unsafeUninitializedCapacity: header.bodyByteCount) { bytes, count in
            let target = UnsafeMutableRawBufferPointer(bytes)
            target.copyBytes(from: headerBytes)
            parameters.withUnsafeBufferPointer {
                UnsafeMutableRawBufferPointer(rebasing: target[ModelHeader.byteCount...])
                    .copyMemory(from: UnsafeRawBufferPointer($0))
            }
            count = target.count
        }
    }

    /// Reads a body that is there whole.
    /// - Throws: `ModelBodyError`.
    public init(
        decoding bytes: [UInt8], expecting expectation: ModelExpectation
    ) throws(ModelBodyError) {
        var decoder = ModelDecoder(expecting: expectation)
        try decoder.append(bytes)
        self = try decoder.finish()
    }
}

/// What a body must be to be taken: the parts of the header that are known before it comes.
public struct ModelExpectation: Sendable {
    /// What it must hold.
    public var kind: ModelHeader.Kind
    /// The run it must be of.
    public var run: RunIdentifier
    /// The round it must be of; nil takes any.
    public var round: Int?
    /// The client it must come from; 0 for a global model.
    public var client: Int
    /// The model's architecture.
    public var architecture: ArchitectureDigest
    /// The model's tensors, which give the number of parameters and the names in errors.
    public var layout: ParameterLayout

    /// An update of that client in that round.
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

    /// The Content-Length that the body must have.
    public var bodyByteCount: Int { header.bodyByteCount }

    /// The header that the body must have, where it is known.
    var header: ModelHeader {
        ModelHeader(
            kind: kind, run: run, round: round ?? 0, client: client, sampleCount: 0,
            parameterCount: layout.count, architecture: architecture)
    }

    /// Whether every byte of a field is known before it comes.
    func isKnown(_ field: ModelHeader.Field) -> Bool {
        switch field {
        case .round: round != nil
        case .samples: kind == .globalModel
        case .checksum: false
        default: true
        }
    }
}
