/// Which range of a parameter vector is which tensor, in layer order.
public struct ParameterLayout: Hashable, Sendable, Codable {
    /// One tensor of the vector, row-major.
    public struct Entry: Hashable, Sendable, Codable {
        /// Layer and role, like "conv1/kernel".
        public let name: String
        /// Convolution kernels [kh][kw][c_in][c_out], dense kernels [in][out], biases [out].
        public let shape: [Int]
        /// Position of the first element in the vector.
        public let offset: Int
        /// How many elements it has.
        public var count: Int { shape.reduce(1, *) }
        /// Where they are in the vector.
        public var range: Range<Int> { offset..<offset + count }
    }

    /// The tensors, in layer order.
    public let entries: [Entry]
    /// Floats in all.
    public let count: Int

    /// Puts tensors one after the other without gaps.
    public init(_ tensors: [(name: String, shape: [Int])]) {
        var offset = 0
        entries = tensors.map { tensor in
            let entry = Entry(name: tensor.name, shape: tensor.shape, offset: offset)
            offset += entry.count
            return entry
        }
        count = offset
    }

    /// The tensor of that name.
    public subscript(name: String) -> Entry? {
        entries.first { $0.name == name }
    }
}
