/// What the header of an `.npy` file says: a Python dictionary of three keys.
///
/// Source: numpy, `numpy/lib/format.py`, "Format Version 1.0" to "3.0".
struct NPYHeader: Equatable {
    let type: NPYType
    /// Whether the first index changes fastest.
    let isFortran: Bool
    let shape: [Int]

    /// Bytes before the length of the header's text: the magic string and the version.
    static let prefixCount = 8
    /// Most bytes of the text: numpy takes 10,000 at most from files that it does not trust.
    static let textLimit = 1 << 16
    /// Most dimensions, numpy's own limit.
    private static let dimensionLimit = 64

    /// How many bytes of `bytes`, the beginning of a file, come before the numbers; nil where too few are
    /// there to tell.
    static func byteCount(_ bytes: [UInt8]) throws(ArrayProblem) -> Int? {
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
        guard magic.starts(with: bytes.prefix(magic.count)) else { throw .wrongMagic }
        guard bytes.count >= prefixCount else { return nil }
        let (major, minor) = (bytes[6], bytes[7])
        guard (1...3).contains(major), minor == 0 else {
            throw .version(major: major, minor: minor)
        }
        let digits = major == 1 ? 2 : 4
        guard bytes.count >= prefixCount + digits else { return nil }
        let length = bytes[prefixCount..<prefixCount + digits].reversed()
            .reduce(0) { $0 << 8 | Int($1) }
        guard length <= textLimit else {
            throw .headerTooLong(bytes: length, limit: textLimit)
        }
        return prefixCount + digits + length
    }

    /// Reads the header that `bytes` are whole.
    init(_ bytes: [UInt8]) throws(ArrayProblem) {
        var text = PythonLiteral(bytes[(Self.prefixCount + (bytes[6] == 1 ? 2 : 4))...])
        var type: NPYType?
        var isFortran: Bool?
        var shape: [Int]?
        try text.require("{")
        while !text.skip("}") {
            let position = text.position
            switch try text.string() {
            case "descr" where type == nil:
                try text.require(":")
                if text.isNext("[") { throw .structured }
                type = try NPYType(text.string())
            case "fortran_order" where isFortran == nil:
                try text.require(":")
                isFortran = try text.bool()
            case "shape" where shape == nil:
                try text.require(":")
                shape = try text.wholes(limit: Self.dimensionLimit)
            default:
                throw .header(
                    position: position,
                    expected: "each of 'descr', 'fortran_order' and 'shape' once")
            }
            if !text.skip(",") {
                try text.require("}")
                break
            }
        }
        try text.requireEnd()
        guard let type, let isFortran, let shape else {
            throw .header(
                position: text.position,
                expected: "each of 'descr', 'fortran_order' and 'shape' once")
        }
        var size = type.size
        for dimension in shape {
            let (product, overflows) = size.multipliedReportingOverflow(by: dimension)
            guard dimension > 0, !overflows, product <= IDX.sizeLimit else {
                throw .impossibleShape(shape, elementBytes: type.size)
            }
            size = product
        }
        self.type = type
        self.isFortran = isFortran
        self.shape = shape
    }

    /// How many numbers there are.
    var count: Int { shape.reduce(1, *) }

    /// Bytes of all numbers.
    var dataBytes: Int { count * type.size }
}
