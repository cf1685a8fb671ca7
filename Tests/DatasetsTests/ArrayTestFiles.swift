import CZlib
import Datasets

/// The bytes of an `.npy` file.
/// - Parameters:
///   - version: 1, 2 or 3.
///   - order: whether the first index changes fastest.
func npy(
    _ type: String, _ shape: [Int], _ data: [UInt8], order isFortran: Bool = false,
    version: UInt8 = 1
) -> [UInt8] {
    let dimensions =
        shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    return npy(
        header: "{'descr': '\(type)', 'fortran_order': \(isFortran ? "True" : "False"), "
            + "'shape': (\(dimensions)), }", data, version: version)
}

/// The bytes of an `.npy` file with that header, which need not be right.
func npy(header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let start = version == 1 ? 10 : 12
    let padding = 63 - (start + header.utf8.count) % 64
    let text = Array(header.utf8) + [UInt8](repeating: 0x20, count: padding) + [0x0A]
    let length = little(UInt64(text.count), version == 1 ? 2 : 4)
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
}

/// A number's lowest bytes, the lowest first.
func little(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

/// Whole numbers as those bytes.
func wholes(_ values: [Int], _ count: Int, bigEndian: Bool = false) -> [UInt8] {
    values.flatMap { value in
        let bytes = little(UInt64(bitPattern: Int64(value)), count)
        return bigEndian ? bytes.reversed() : bytes
    }
}

/// Floats of 32 bits.
func floats(_ values: [Float], bigEndian: Bool = false) -> [UInt8] {
    wholes(values.map { Int($0.bitPattern) }, 4, bigEndian: bigEndian)
}

/// Floats of 64 bits.
func doubles(_ values: [Double], bigEndian: Bool = false) -> [UInt8] {
    wholes(
        values.map { Int(bitPattern: UInt(truncatingIfNeeded: $0.bitPattern)) }, 8,
        bigEndian: bigEndian)
}

/// A zip archive, as numpy writes `.npz` files, of parts that need not be right.
struct TestArchive {
    /// One entry.
    struct Entry {
        var name: String
        var bytes: [UInt8]
        var deflated = false
        var flags = 0
        var method: Int?
        var checksum: UInt32?
        var declared: Int?
        /// Whether sizes and place stand in a field of zip64.
        var isLong = false
    }

    var entries: [Entry]
    /// Whether counts and places at the end stand in the records of zip64.
    var isLong = false
    var comment: [UInt8] = []

    init(_ entries: [Entry]) { self.entries = entries }

    /// Arrays by name.
    init(_ arrays: [(String, [UInt8])], deflated: Bool = false) {
        entries = arrays.map { Entry(name: $0.0 + ".npy", bytes: $0.1, deflated: deflated) }
    }

    var bytes: [UInt8] {
        var body: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let stored = entry.deflated ? deflateRaw(entry.bytes) : entry.bytes
            let method = entry.method ?? (entry.deflated ? 8 : 0)
            let checksum =
                entry.checksum
                ?? UInt32(truncatingIfNeeded: crc32_z(0, entry.bytes, entry.bytes.count))
            let name = Array(entry.name.utf8)
            let declared = UInt64(bitPattern: Int64(entry.declared ?? entry.bytes.count))
            let start = UInt64(body.count)
            let common =
                little(20, 2) + little(UInt64(entry.flags), 2) + little(UInt64(method), 2)
                + little(0, 4) + little(UInt64(checksum), 4)
            // numpy's local headers always have their sizes in zip64.
            let local =
                little(1, 2) + little(16, 2) + little(declared, 8)
                + little(UInt64(stored.count), 8)
            body += little(0x0403_4B50, 4) + common + little(0xFFFF_FFFF, 4)
            body += little(0xFFFF_FFFF, 4) + little(UInt64(name.count), 2)
            body += little(UInt64(local.count), 2) + name + local + stored
            let long =
                little(1, 2) + little(24, 2) + little(declared, 8)
                + little(UInt64(stored.count), 8) + little(start, 8)
            let extra = entry.isLong ? long : []
            directory += little(0x0201_4B50, 4) + little(20, 2) + common
            directory +=
                entry.isLong
                ? little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4)
                : little(UInt64(stored.count), 4) + little(declared, 4)
            directory += little(UInt64(name.count), 2) + little(UInt64(extra.count), 2)
            directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4)
            directory += entry.isLong ? little(0xFFFF_FFFF, 4) : little(start, 4)
            directory += name + extra
        }
        let count = UInt64(entries.count)
        let start = UInt64(body.count)
        var end: [UInt8] = []
        if isLong {
            end += little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2)
            end += little(0, 4) + little(0, 4) + little(count, 8) + little(count, 8)
            end += little(UInt64(directory.count), 8) + little(start, 8)
            end += little(0x0706_4B50, 4) + little(0, 4)
            end += little(start + UInt64(directory.count), 8) + little(1, 4)
        }
        end += little(0x0605_4B50, 4) + little(0, 4)
        end += isLong ? little(0xFFFF, 2) + little(0xFFFF, 2) : little(count, 2) + little(count, 2)
        end += isLong ? little(0xFFFF_FFFF, 4) : little(UInt64(directory.count), 4)
        end += isLong ? little(0xFFFF_FFFF, 4) : little(start, 4)
        return body + directory + end + little(UInt64(comment.count), 2) + comment
    }
}

/// Deflate data without a header.
func deflateRaw(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    _ = czlib_deflate_init(&stream, 6, -15)
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    let count = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            _ = deflate(&stream, Z_FINISH)
            return target.count - Int(stream.avail_out)
        }
    }
    return Array(output.prefix(count))
}

/// CIFAR-shaped files of a few records.
enum SmallCIFAR {
    /// Records whose images and labels follow from their number.
    static func records(_ kind: CIFARKind, _ count: Int, from first: Int = 0) -> [UInt8] {
        (first..<first + count).flatMap { number -> [UInt8] in
            let fine = UInt8(number % kind.classCount)
            let labels = kind == .ten ? [fine] : [fine / 5, fine]
            return labels + (0..<3072).map { UInt8(truncatingIfNeeded: $0 / 7 + 31 * number) }
        }
    }

    /// What the record of that number has at a place of an image.
    static func pixel(_ number: Int, row: Int, column: Int, channel: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: (channel * 1024 + row * 32 + column) / 7 + 31 * number)
    }

    /// Writes the files of a folder.
    static func write(
        _ kind: CIFARKind, to folder: TemporaryFolder, under name: String, compressed: Bool = false
    ) throws {
        func write(_ bytes: [UInt8], _ file: String) throws {
            try folder.write(
                compressed ? gzip(bytes) : bytes, to: "\(name)/\(file)" + (compressed ? ".gz" : ""))
        }
        if kind == .ten {
            for batch in 0..<5 {
                try write(records(.ten, 4, from: 4 * batch), "data_batch_\(batch + 1).bin")
            }
            try write(records(.ten, 3, from: 20), "test_batch.bin")
        } else {
            try write(records(.hundred, 120), "train.bin")
            try write(records(.hundred, 30), "test.bin")
        }
    }
}
