import Parameters

/// A form that a vector travels in: the bytes of one section of a body.
///
/// Nothing is lost: what is decoded has the bits of what was encoded, so that a run gives the same
/// model whatever its clients send. What loses something is an `UpdateTransform`.
public protocol VectorEncoding: Sendable {
    /// As a body's table and `RunSettings.encodings` have it: 1 to 8 bytes of ASCII.
    var name: String { get }
    /// How many bytes a vector takes.
    func byteCount(of vector: ParameterVector) -> Int
    /// Writes a vector.
    /// - Precondition: `bytes` has `byteCount(of: vector)` bytes.
    func encode(_ vector: ParameterVector, into bytes: UnsafeMutableRawBufferPointer)
    /// The most bytes that a vector of `count` Floats takes.
    func byteLimit(count: Int) -> Int
    /// What was expected, in words, where so many bytes can't be `count` Floats; nil where they can.
    func expectedByteCount(count: Int, insteadOf found: Int) -> String?
    /// What reads so many bytes as a vector with that layout. It takes no more memory than the vector
    /// and `byteCount`.
    /// - Precondition: there is no `expectedByteCount` instead of so many.
    func makeDecoder(byteCount: Int, layout: ParameterLayout) -> any VectorDecoder
}

/// Reads a vector chunk by chunk.
public protocol VectorDecoder: Sendable {
    /// Takes the next bytes; in all no more than were announced.
    /// - Throws: `ModelBodyError` at the first that are wrong: `.notFinite` with the parameter's place.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ModelBodyError)
    /// The vector, once all bytes that were announced have come.
    mutating func finish() -> ParameterVector
}

/// The encodings that this package knows: one row each.
public enum VectorEncodings {
    /// All of them; the first needs no mention and is always understood.
    public static let all: [any VectorEncoding] = [Float32Encoding(), SparseEncoding()]

    /// Their names.
    public static var names: [String] { all.map(\.name) }

    /// The encoding of that name; nil for a stranger.
    public static func named(_ name: String) -> (any VectorEncoding)? {
        all.first { $0.name == name }
    }

    /// The one of these names in which a vector takes the fewest bytes, the first of several; names that
    /// are not known don't count.
    public static func smallest(
        for vector: ParameterVector, among names: [String]
    ) -> any VectorEncoding {
        let known = all.filter { names.contains($0.name) }
        let sizes = known.map { (encoding: $0, bytes: $0.byteCount(of: vector)) }
        return sizes.min { $0.bytes < $1.bytes }?.encoding ?? Float32Encoding()
    }
}
