import Federation
import Parameters
import Platform

/// Reads a binary body chunk by chunk, and refuses it at the first byte that is wrong.
///
/// Needs no memory for parameters until header and table have been found right. A decoder that has
/// thrown is spent.
public struct ModelDecoder: Sendable {
    private let expectation: ModelExpectation
    private let expected: [UInt8]
    private var headerBytes: [UInt8] = []
    private var row: [UInt8] = []
    private var sections: [ModelSection] = []
    /// The section that is being read, and how much of it has come.
    private var section = 0
    private var sectionBytes = 0
    private var vector: any VectorDecoder = Float32Decoder(ParameterLayout([]))
    private var reportBytes: [UInt8] = []
    private var checksum = ModelChecksum()
    private var contentCount = 0
    /// The header, as soon as it has been read and found right.
    public private(set) var header: ModelHeader?

    /// A decoder of one body.
    public init(expecting expectation: ModelExpectation) {
        self.expectation = expectation
        expected = expectation.header.bytes
        headerBytes.reserveCapacity(ModelHeader.byteCount)
    }

    /// The checksum that the header says, as soon as that has been read: 16 bytes.
    public var announcedChecksum: [UInt8]? {
        header == nil ? nil : Array(headerBytes[ModelHeader.Field.checksum.range])
    }

    /// Bytes taken so far.
    public var byteCount: Int { headerBytes.count + contentCount }

    /// Takes the next bytes.
    public mutating func append(_ chunk: [UInt8]) throws(ModelBodyError) {
        let result = chunk.withUnsafeBytes { bytes in
            Result { () throws(ModelBodyError) in try append(bytes) }
        }
        try result.get()
    }

    /// Takes the next bytes.
    /// - Throws: `ModelBodyError` at the first byte of the header that is wrong, at the first field of
    ///   the table, at the first parameter that is no finite number, and at the first byte too many.
    public mutating func append(_ chunk: UnsafeRawBufferPointer) throws(ModelBodyError) {
        var rest = chunk[...]
        if header == nil { try readHeader(&rest) }
        guard !rest.isEmpty, let header else { return }
        guard rest.count <= header.contentByteCount - contentCount else {
            throw .tooLong(expected: header.bodyByteCount)
        }
        checksum.update(UnsafeRawBufferPointer(rebasing: rest))
        contentCount += rest.count
        while !rest.isEmpty {
            if sections.count < header.sectionCount {
                try readRow(&rest, header)
            } else {
                try readContent(&rest)
            }
        }
    }

    /// The body, once all bytes have come.
    /// - Throws: `ModelBodyError.truncated`, `.wrongChecksum` or `.wrongReport`.
    public mutating func finish() throws(ModelBodyError) -> ModelBody {
        guard let header, contentCount == header.contentByteCount else {
            throw .truncated(
                got: byteCount, expected: header?.bodyByteCount ?? ModelHeader.byteCount)
        }
        let announced = Array(headerBytes[ModelHeader.Field.checksum.range])
        let found = checksum.value(
            Array(headerBytes.prefix(ModelHeader.Field.checksum.range.lowerBound)))
        guard found == announced else {
            throw .wrongChecksum(expected: hexadecimal(announced), got: hexadecimal(found))
        }
        var report: UpdateReport?
        if sections.count > 1 {
            do throws(APIError) {
                report = try UpdateReport(decoding: reportBytes)
            } catch {
                throw .wrongReport(error)
            }
        }
        let numbers = vector.finish()
        return ModelBody(
            header, sections[0].name == .model ? .model(numbers) : .change(numbers),
            report: report, checksum: found)
    }

    // MARK: Header

    private mutating func readHeader(
        _ rest: inout Slice<UnsafeRawBufferPointer>
    ) throws(ModelBodyError) {
        let taken = rest.prefix(ModelHeader.byteCount - headerBytes.count)
        let start = headerBytes.count
        headerBytes.append(contentsOf: taken)
        rest = rest.dropFirst(taken.count)
        for position in start..<headerBytes.count { try check(position) }
        guard headerBytes.count == ModelHeader.byteCount else { return }
        var header = expectation.header
        header.round = Int(number(.round))
        header.sampleCount = Int(number(.samples))
        header.sectionCount = Int(number(.sections))
        header.contentByteCount = Int(number(.length))
        self.header = header
    }

    private func check(_ position: Int) throws(ModelBodyError) {
        let field = ModelHeader.Field.at(position)
        if expectation.isKnown(field) {
            guard headerBytes[position] == expected[position] else {
                if position == ModelHeader.Field.version.range.lowerBound,
                    headerBytes[position] == 1
                {
                    throw .outdated(expectation.kind)
                }
                let seen = field.range.clamped(to: 0..<headerBytes.count)
                throw .wrongHeader(
                    field, byte: position, expected: field.shown(expected[field.range]),
                    got: field.shown(headerBytes[seen]))
            }
            return
        }
        guard position == field.range.upperBound - 1 else { return }
        switch field {
        case .samples:
            let count = number(.samples)
            guard count >= 1, count <= UInt64(SampleCount.allowed.upperBound) else {
                throw .sampleCountOutOfRange(count)
            }
        case .sections: try check(.sections, within: expectation.kind.sectionCounts)
        case .length: try check(.length, within: expectation.contentByteCounts)
        default: break
        }
    }

    private func check(
        _ field: ModelHeader.Field, within range: ClosedRange<Int>
    ) throws(ModelBodyError) {
        let found = number(field)
        guard found < UInt64(range.lowerBound) || found > UInt64(range.upperBound) else { return }
        throw .wrongHeader(
            field, byte: field.range.lowerBound,
            expected: "\(range.lowerBound) to \(range.upperBound)", got: "\(found)")
    }

    private func number(_ field: ModelHeader.Field) -> UInt64 {
        littleEndian(headerBytes[field.range])
    }

    // MARK: Table

    private mutating func readRow(
        _ rest: inout Slice<UnsafeRawBufferPointer>, _ header: ModelHeader
    ) throws(ModelBodyError) {
        let taken = rest.prefix(ModelSection.byteCount - row.count)
        let start = row.count
        row.append(contentsOf: taken)
        rest = rest.dropFirst(taken.count)
        let isNew = start + 1...row.count
        for field in ModelSection.Field.allCases where isNew.contains(field.range.upperBound) {
            try check(field, header)
        }
        guard row.count == ModelSection.byteCount else { return }
        sections.append(
            ModelSection(
                name: rowNames[0], encoding: rowText(.encoding), count: Int(rowNumber(.count)),
                length: Int(rowNumber(.length))))
        row = []
        if sections.count == header.sectionCount { try makeRoom(header) }
    }

    /// What the row may be called, or what it is called once that is known.
    private var rowNames: [ModelSection.Name] {
        let allowed = sections.isEmpty ? expectation.kind.vectorNames : [.report]
        guard row.count >= ModelSection.Field.name.range.count else { return allowed }
        return allowed.filter { rowText(.name) == $0.rawValue }
    }

    private func check(
        _ field: ModelSection.Field, _ header: ModelHeader
    ) throws(ModelBodyError) {
        let place = sections.count + 1
        let isReport = !sections.isEmpty
        let got = "\(rowNumber(field))"
        switch field {
        case .name:
            guard rowNames.isEmpty else { return }
            let allowed = isReport ? [.report] : expectation.kind.vectorNames
            throw .wrongSection(
                place, field, expected: ModelBodyError.list(allowed.map(\.rawValue)),
                got: quotedText(row[field.range]))
        case .encoding:
            let known =
                isReport ? [ModelSection.reportEncoding] : expectation.encodings.map(\.name)
            guard !known.contains(rowText(.encoding)) else { return }
            throw .unknownEncoding(printable(rowText(.encoding)), known: known)
        case .count:
            let expected = isReport ? 0 : expectation.layout.count
            guard rowNumber(.count) != UInt64(expected) else { return }
            throw .wrongSection(place, field, expected: "\(expected)", got: got)
        case .length:
            let left = header.contentByteCount - header.sectionCount * ModelSection.byteCount
            var expected: String?
            if rowNumber(.length) > UInt64(max(left, 0)) {
                expected = "at most \(max(left, 0))"
            } else if isReport {
                let limit = UpdateReport.byteLimit
                if !(1...UInt64(limit)).contains(rowNumber(.length)) { expected = "1 to \(limit)" }
            } else {
                expected = encoding(rowText(.encoding))?.expectedByteCount(
                    count: expectation.layout.count, insteadOf: Int(rowNumber(.length)))
            }
            guard let expected else { return }
            throw .wrongSection(place, field, expected: expected, got: got)
        }
    }

    /// The table is whole: what it says must be what the header says, and there must be room for it.
    private mutating func makeRoom(_ header: ModelHeader) throws(ModelBodyError) {
        let length = sections.reduce(sections.count * ModelSection.byteCount) { $0 + $1.length }
        guard length == header.contentByteCount, let encoding = encoding(sections[0].encoding)
        else {
            let field = ModelHeader.Field.length
            throw .wrongHeader(
                field, byte: field.range.lowerBound, expected: "\(length), as the table says",
                got: "\(header.contentByteCount)")
        }
        vector = encoding.makeDecoder(byteCount: sections[0].length, layout: expectation.layout)
        if sections.count > 1 { reportBytes.reserveCapacity(sections[1].length) }
    }

    private func encoding(_ name: String) -> (any VectorEncoding)? {
        expectation.encodings.first { $0.name == name }
    }

    private func rowNumber(_ field: ModelSection.Field) -> UInt64 {
        littleEndian(row[field.range].suffix(MemoryLayout<UInt64>.size))
    }

    /// A text that zeros follow; one with something after them is no name that there is.
    private func rowText(_ field: ModelSection.Field) -> String {
        let bytes = row[field.range]
        let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    // MARK: Contents

    private mutating func readContent(
        _ rest: inout Slice<UnsafeRawBufferPointer>
    ) throws(ModelBodyError) {
        let taken = rest.prefix(sections[section].length - sectionBytes)
        if section == 0 {
            try vector.append(UnsafeRawBufferPointer(rebasing: taken))
        } else {
            reportBytes.append(contentsOf: taken)
        }
        rest = rest.dropFirst(taken.count)
        sectionBytes += taken.count
        if sectionBytes == sections[section].length { (section, sectionBytes) = (section + 1, 0) }
    }
}
