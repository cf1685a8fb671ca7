import Federation
import Parameters

#if _endian(big)
    #error("binary bodies are copied as they are, which needs a little-endian machine")
#endif

/// `float32`: every Float as it lies in memory, little-endian, 4 bytes each.
public struct Float32Encoding: VectorEncoding {
    /// The encoding.
    public init() {}

    /// "float32", as headers name it.
    public var name: String { "float32" }

    /// 4 N for N numbers.
    public func byteCount(of vector: ParameterVector) -> Int { byteLimit(count: vector.count) }

    /// 4 N bytes.
    public func byteLimit(count: Int) -> Int { count * MemoryLayout<Float>.size }

    /// Writes the vector.
    /// - Precondition: `bytes` has as many bytes as `byteCount(of:)` says.
    public func encode(_ vector: ParameterVector, into bytes: UnsafeMutableRawBufferPointer) {
        vector.withUnsafeBufferPointer { bytes.copyMemory(from: UnsafeRawBufferPointer($0)) }
    }

    /// What a body's length should be, in words; nil where it may be the one found.
    public func expectedByteCount(count: Int, insteadOf found: Int) -> String? {
        found == byteLimit(count: count) ? nil : "\(byteLimit(count: count))"
    }

    /// A decoder that takes the bytes as they come.
    public func makeDecoder(byteCount: Int, layout: ParameterLayout) -> any VectorDecoder {
        Float32Decoder(layout)
    }
}

/// Copies bytes into a vector, and looks at Floats as they become whole.
struct Float32Decoder: VectorDecoder {
    private let layout: ParameterLayout
    private var vector: ParameterVector
    private var byteCount = 0

    init(_ layout: ParameterLayout) {
        self.layout = layout
        vector = ParameterVector(zeros: layout.count)
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ModelBodyError) {
        let start = byteCount
        vector.withUnsafeMutableBufferPointer { vector in
            UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(vector)[start..<start + bytes.count]
            ).copyMemory(from: bytes)
        }
        byteCount += bytes.count
        let width = MemoryLayout<Float>.size
        try checkFinite(start / width..<byteCount / width)
    }

    mutating func finish() -> ParameterVector { vector }

    private func checkFinite(_ range: Range<Int>) throws(ModelBodyError) {
        let bad = vector.withUnsafeBufferPointer { vector -> (Int, Float)? in
            let part = UnsafeBufferPointer(rebasing: vector[range])
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
        throw .notFinite(number, ParameterPlace(index: index, layout: layout))
    }
}
