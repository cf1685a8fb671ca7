import Foundation

/// One array as NumPy writes it to a `.npy` file: a header in Python's notation, then the numbers.
///
/// Format: numpy.lib.format, versions 1 and 2 (which differ in how long a header may be).
package struct NumPyFile: Equatable, Sendable {
    /// Sizes, outermost first.
    var shape: [Int]
    /// Elements in C order, the last index fastest.
    var values: [Float]

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Longest header that is read, in bytes.
    private static let headerLimit = 1 << 16

    /// - Precondition: there is a value for each place.
    package init(shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "\(values.count) values for \(shape)")
        self.shape = shape
        self.values = values
    }

    /// Version 1, little-endian float32.
    package var encoded: Data {
        let sizes = shape.map(String.init).joined(separator: ", ")
        let tuple = shape.count == 1 ? "(\(sizes),)" : "(\(sizes))"
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': \(tuple), }"
        // Spaces and a line's end bring the numbers to a multiple of 64 bytes.
        let fixed = Self.magic.count + 4
        header += String(repeating: " ", count: 63 - (fixed + header.utf8.count) % 64) + "\n"
        var data = Data(capacity: fixed + header.utf8.count + 4 * values.count)
        data.append(contentsOf: Self.magic + [1, 0])
        data.append(UInt8(header.utf8.count & 0xFF))
        data.append(UInt8(header.utf8.count >> 8))
        data.append(contentsOf: header.utf8)
        values.withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }

    /// Reads float32 or float64 of either version, in C or Fortran order; float64 is rounded.
    /// - Throws: `NumPyFileError`.
    package init(decoding data: Data) throws(NumPyFileError) {
        let data = data.startIndex == 0 ? data : Data(data)
        guard data.count >= 10, data.prefix(6).elementsEqual(Self.magic) else {
            throw .notNumPy
        }
        let version = data[6]
        let sizeWidth: Int
        switch version {
        case 1: sizeWidth = 2
        case 2: sizeWidth = 4
        default: throw .unknownVersion(Int(version))
        }
        guard data.count >= 8 + sizeWidth else { throw .notNumPy }
        let length = data[8..<8 + sizeWidth].reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = 8 + sizeWidth + length
        guard length <= Self.headerLimit, start <= data.count else { throw .wrongHeader }
        let header = try NumPyHeader(String(decoding: data[8 + sizeWidth..<start], as: UTF8.self))
        let width = header.isDouble ? 8 : 4
        guard data.count - start == header.count * width else {
            throw .wrongLength(found: data.count - start, expected: header.count * width)
        }
        var values = [Float](repeating: 0, count: header.count)
        data.withUnsafeBytes { bytes in
            for index in values.indices {
                let place = start + index * width
                values[index] =
                    header.isDouble
                    ? Float(bytes.loadUnaligned(fromByteOffset: place, as: Double.self))
                    : bytes.loadUnaligned(fromByteOffset: place, as: Float.self)
            }
        }
        shape = header.shape
        self.values = header.isFortran ? Self.inCOrder(values, shape) : values
    }

    /// Elements whose first index is fastest, so that the last is.
    private static func inCOrder(_ values: [Float], _ shape: [Int]) -> [Float] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropFirst() {
            strides[axis] = strides[axis - 1] * shape[axis - 1]
        }
        return values.indices.map { position in
            var (rest, source) = (position, 0)
            for axis in shape.indices.reversed() {
                source += rest % shape[axis] * strides[axis]
                rest /= shape[axis]
            }
            return values[source]
        }
    }
}

/// Why bytes are no array that can be read.
package enum NumPyFileError: Error, Hashable, Sendable {
    case notNumPy
    case unknownVersion(Int)
    case wrongHeader
    case wrongType(String)
    case wrongLength(found: Int, expected: Int)
}

extension NumPyFileError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notNumPy: "it is no .npy file"
        case .unknownVersion(let version): "it is a .npy file of version \(version), not 1 or 2"
        case .wrongHeader: "the header of its .npy file is damaged"
        case .wrongType(let type):
            "its numbers are of the type “\(type.prefix(20))”: "
                + "expected <f4 (float32) or <f8 (float64)"
        case .wrongLength(let found, let expected):
            "it has \(found) bytes of numbers: its shape needs \(expected)"
        }
    }
}
