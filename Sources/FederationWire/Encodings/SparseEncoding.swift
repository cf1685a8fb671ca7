import Federation
import Parameters

/// `sparse`: which Floats are there and what they are, for vectors that are mostly 0.
///
/// Of each Float whose bits are not those of +0, its index from 0 as 4 bytes, all indices first and
/// ascending, then the Floats in the same order, all little-endian: 8 bytes each. −0 and what is too
/// small to be normal are kept.
public struct SparseEncoding: VectorEncoding {
    /// Bytes that a Float takes.
    static let width = MemoryLayout<UInt32>.size + MemoryLayout<Float>.size

    /// The encoding.
    public init() {}

    /// "sparse", as headers name it.
    public var name: String { "sparse" }

    /// 8 for each number whose bits are not those of +0.
    public func byteCount(of vector: ParameterVector) -> Int {
        vector.withUnsafeBufferPointer { vector in
            vector.reduce(0) { $0 &+ ($1.bitPattern == 0 ? 0 : 1) } * Self.width
        }
    }

    /// 8 N bytes, where no number is +0.
    public func byteLimit(count: Int) -> Int { count * Self.width }

    /// Writes the vector.
    /// - Precondition: `bytes` has as many bytes as `byteCount(of:)` says.
    public func encode(_ vector: ParameterVector, into bytes: UnsafeMutableRawBufferPointer) {
        var index = 0
        var value = bytes.count / 2
        vector.withUnsafeBufferPointer { vector in
            for position in vector.indices where vector[position].bitPattern != 0 {
                bytes.storeBytes(of: UInt32(position), toByteOffset: index, as: UInt32.self)
                bytes.storeBytes(of: vector[position], toByteOffset: value, as: Float.self)
                index += MemoryLayout<UInt32>.size
                value += MemoryLayout<Float>.size
            }
        }
    }

    /// What a body's length should be, in words; nil where it may be the one found.
    public func expectedByteCount(count: Int, insteadOf found: Int) -> String? {
        found % Self.width == 0 && found <= byteLimit(count: count)
            ? nil : "a multiple of \(Self.width) up to \(byteLimit(count: count))"
    }

    /// A decoder that takes the bytes as they come.
    public func makeDecoder(byteCount: Int, layout: ParameterLayout) -> any VectorDecoder {
        SparseDecoder(entryCount: byteCount / Self.width, layout)
    }
}

/// Takes note of all indices, then puts each Float in its place.
struct SparseDecoder: VectorDecoder {
    private let entryCount: Int
    private let layout: ParameterLayout
    private var indices: [UInt32] = []
    private var valueCount = 0
    private var vector: ParameterVector
    /// What has come of a word that is not whole, the lowest byte first, and how many bytes that is.
    private var word: UInt32 = 0
    private var wordBytes = 0

    init(entryCount: Int, _ layout: ParameterLayout) {
        self.entryCount = entryCount
        self.layout = layout
        indices.reserveCapacity(entryCount)
        vector = ParameterVector(zeros: layout.count)
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ModelBodyError) {
        var position = 0
        while position < bytes.count {
            if wordBytes == 0, bytes.count - position >= MemoryLayout<UInt32>.size {
                try take(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
                position += MemoryLayout<UInt32>.size
                continue
            }
            word |= UInt32(bytes[position]) << (8 * wordBytes)
            wordBytes += 1
            position += 1
            guard wordBytes == MemoryLayout<UInt32>.size else { continue }
            let whole = word
            (word, wordBytes) = (0, 0)
            try take(whole)
        }
    }

    mutating func finish() -> ParameterVector { vector }

    private mutating func take(_ word: UInt32) throws(ModelBodyError) {
        guard indices.count == entryCount else {
            let lowest = indices.last.map { Int($0) + 1 } ?? 0
            guard word >= lowest, word < layout.count else {
                throw .wrongIndex(
                    entry: indices.count, expected: lowest..<layout.count, got: word)
            }
            indices.append(word)
            return
        }
        let value = Float(bitPattern: word)
        let index = Int(indices[valueCount])
        if let number = NonFiniteNumber(value) {
            throw .notFinite(number, ParameterPlace(index: index, layout: layout))
        }
        vector.withUnsafeMutableBufferPointer { $0[index] = value }
        valueCount += 1
    }
}
