/// Records one after the other, as TFRecord files have them: a length of 8 bytes, its masked CRC-32C, the
/// data, their masked CRC-32C; numbers with the lowest byte first.
package enum RecordFraming {
    private static let before = 12
    private static let after = 4

    /// A record in its frame.
    package static func framed(_ data: [UInt8]) -> [UInt8] {
        let length = bytes(UInt64(data.count))
        return length + bytes(CRC32C.masked(length)) + data + bytes(CRC32C.masked(data))
    }

    /// The records that a file begins with, up to the first that is not whole: a process that was killed has
    /// left part of its last one, and readers go no further.
    package static func records(of file: [UInt8]) -> [ArraySlice<UInt8>] {
        var records: [ArraySlice<UInt8>] = []
        var rest = file[...]
        while rest.count >= before + after {
            let length = rest.prefix(8)
            let count = number(length, as: UInt64.self)
            guard number(rest.dropFirst(8).prefix(4), as: UInt32.self) == CRC32C.masked(length),
                count <= UInt64(rest.count - before - after)
            else { break }
            let data = rest.dropFirst(before).prefix(Int(count))
            let sum = rest.dropFirst(before + Int(count)).prefix(after)
            guard number(sum, as: UInt32.self) == CRC32C.masked(data) else { break }
            records.append(data)
            rest = rest.dropFirst(before + Int(count) + after)
        }
        return records
    }

    private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private static func number<Number: FixedWidthInteger>(
        _ bytes: ArraySlice<UInt8>, as: Number.Type
    ) -> Number {
        bytes.reversed().reduce(0) { $0 << 8 | Number($1) }
    }
}
