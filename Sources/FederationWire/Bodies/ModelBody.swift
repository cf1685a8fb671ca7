import Federation
import Parameters

/// What a binary body says.
public struct ModelBody: Equatable, Sendable {
    /// What it is about.
    public let header: ModelHeader
    /// The model, or how far an update moves it; a correction c − c_i is a change, too.
    public let value: UpdateValue
    /// What a client says of its training beside the update.
    public let report: UpdateReport?
    /// The header's checksum, 16 bytes. Two bodies are the same if these are.
    public let checksum: [UInt8]

    init(
        _ header: ModelHeader, _ value: UpdateValue, report: UpdateReport?, checksum: [UInt8]
    ) {
        self.header = header
        self.value = value
        self.report = report
        self.checksum = checksum
    }

    /// A body's bytes, ready to be sent.
    /// - Parameters:
    ///   - header: what it is about; sections and length are filled in.
    ///   - value: a model for a global model, a change for a correction, either for an update.
    ///   - report: for an update.
    ///   - encoding: how the vector is written.
    /// - Precondition: what it holds goes with its kind, and a report has no more than
    ///   `UpdateReport.byteLimit` bytes.
    public static func encode(
        _ header: ModelHeader, _ value: UpdateValue, report: UpdateReport? = nil,
        as encoding: any VectorEncoding = Float32Encoding()
    ) -> [UInt8] {
        let kind = header.kind
        let name: ModelSection.Name =
            kind == .correction ? .correction : value.isChange ? .change : .model
        precondition(
            kind.vectorNames.contains(name) && value.isChange == (name != .model),
            "a \(kind) holds no \(name.rawValue)")
        precondition(report == nil || kind == .update, "a \(kind) holds no report")
        let text = report?.encoded() ?? []
        precondition(text.count <= UpdateReport.byteLimit, "the report is too long")

        var sections = [
            ModelSection(
                name: name, encoding: encoding.name, count: value.vector.count,
                length: encoding.byteCount(of: value.vector))
        ]
        if report != nil {
            sections.append(
                ModelSection(
                    name: .report, encoding: ModelSection.reportEncoding, count: 0,
                    length: text.count))
        }
        let table = sections.flatMap(\.bytes)
        var header = header
        header.sectionCount = sections.count
        header.contentByteCount = sections.reduce(table.count) { $0 + $1.length }
        return [UInt8](unsafeUninitializedCapacity: header.bodyByteCount) { buffer, count in
            let whole = UnsafeMutableRawBufferPointer(buffer)
            var position = ModelHeader.byteCount
            func part(_ length: Int) -> UnsafeMutableRawBufferPointer {
                defer { position += length }
                return UnsafeMutableRawBufferPointer(rebasing: whole[position..<position + length])
            }
            part(table.count).copyBytes(from: table)
            encoding.encode(value.vector, into: part(sections[0].length))
            part(text.count).copyBytes(from: text)
            var checksum = ModelChecksum()
            checksum.update(UnsafeRawBufferPointer(rebasing: whole[ModelHeader.byteCount...]))
            whole.copyBytes(from: header.bytes + checksum.value(header.bytes))
            count = whole.count
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
