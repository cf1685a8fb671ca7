import Federation
import Tensors

/// Reads a binary body chunk by chunk, and refuses it at the first byte that is wrong.
///
/// Needs no memory for parameters until the header has been found right. A decoder that has thrown
/// is spent.
public struct ModelDecoder: Sendable {
    private let expectation: ModelExpectation
    private let expected: [UInt8]
    private var headerBytes: [UInt8] = []
    private var parameters = ParameterVector(zeros: 0)
    private var payloadCount = 0
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
    public var byteCount: Int { headerBytes.count + payloadCount }

    /// Takes the next bytes.
    public mutating func append(_ chunk: [UInt8]) throws(ModelBodyError) {
        let result = chunk.withUnsafeBytes { bytes in
            Result { () throws(ModelBodyError) in try append(bytes) }
        }
        try result.get()
    }

    /// Takes the next bytes.
    /// - Throws: `ModelBodyError` at the first byte of the header that is wrong, at the first
    ///   parameter that is no finite number, and at the first byte too many.
    public mutating func append(_ chunk: UnsafeRawBufferPointer) throws(ModelBodyError) {
        var rest = chunk[...]
        if header == nil { try readHeader(&rest) }
        guard !rest.isEmpty, let header else { return }
        guard rest.count <= header.payloadByteCount - payloadCount else {
            throw .tooLong(expected: header.bodyByteCount)
        }
        let start = payloadCount
        parameters.withUnsafeMutableBufferPointer { parameters in
            UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(parameters)[start..<start + rest.count]
            ).copyMemory(from: UnsafeRawBufferPointer(rebasing: rest))
        }
        payloadCount += rest.count
        // Floats that this chunk has made whole.
        let width = MemoryLayout<Float>.size
        try checkFinite(start / width..<payloadCount / width)
    }

    /// The body, once all bytes have come.
    /// - Throws: `ModelBodyError.truncated` or `.wrongChecksum`.
    public mutating func finish() throws(ModelBodyError) -> ModelBody {
        guard let header, payloadCount == header.payloadByteCount else {
            throw .truncated(got: byteCount, expected: expectation.bodyByteCount)
        }
        let announced = Array(headerBytes[ModelHeader.Field.checksum.range])
        let found = ModelChecksum.of(
            Array(headerBytes.prefix(ModelHeader.Field.checksum.range.lowerBound)), parameters)
        guard found == announced else {
            throw .wrongChecksum(expected: hexadecimal(announced), got: hexadecimal(found))
        }
        return ModelBody(header, parameters, checksum: found)
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
        self.header = header
        parameters = ParameterVector(zeros: header.parameterCount)
    }

    private func check(_ position: Int) throws(ModelBodyError) {
        let field = ModelHeader.Field.at(position)
        if expectation.isKnown(field) {
            guard headerBytes[position] == expected[position] else {
                let seen = field.range.clamped(to: 0..<headerBytes.count)
                throw .wrongHeader(
                    field, byte: position, expected: field.shown(expected[field.range]),
                    got: field.shown(headerBytes[seen]))
            }
        } else if field == .samples, position == field.range.upperBound - 1 {
            let count = number(.samples)
            guard count >= 1, count <= UInt64(SampleCount.allowed.upperBound) else {
                throw .sampleCountOutOfRange(count)
            }
        }
    }

    private func number(_ field: ModelHeader.Field) -> UInt64 {
        littleEndian(headerBytes[field.range])
    }

    // MARK: Parameters

    private func checkFinite(_ range: Range<Int>) throws(ModelBodyError) {
        let bad = parameters.withUnsafeBufferPointer { parameters -> (Int, Float)? in
            let part = UnsafeBufferPointer(rebasing: parameters[range])
            // All ones in the exponent: first whether there is any, eight at a time, then where.
            var found: UInt32 = 0
            for value in part {
                found |= (value.bitPattern & 0x7F80_0000) &+ 0x0080_0000
            }
            guard found & 0x8000_0000 != 0,
                let index = part.firstIndex(where: { !$0.isFinite })
            else { return nil }
            return (index + range.lowerBound, part[index])
        }
        guard let (index, value) = bad, let number = NonFiniteNumber(value) else { return }
        throw .notFinite(number, ParameterPlace(index: index, layout: expectation.layout))
    }
}
