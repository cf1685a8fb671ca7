/// A vector for each of so many words: x holds whole numbers, y[0][f] = vectors[x[f]].
///
/// The output is an image of one row, a column for each number and a channel for each of the vector's, so
/// that `flatten` makes one vector of all, and global average pooling their mean.
///
/// What is no whole number of 0 ..< count gives NaN in its whole vector: training then ends with a
/// sentence, and nothing is learnt from another word's vector.
public struct Embedding: PlainLayer {
    /// "embedding".
    public static let kind = "embedding"

    /// Words.
    public var count: Int
    /// Numbers of a word's vector.
    public var size: Int

    /// Of so many words; each gets a vector of `size`.
    public init(count: Int, size: Int) {
        self.count = count
        self.size = size
    }

    /// Whole numbers up to here are Floats.
    static let countLimit = 1 << 24

    /// [1][F][size].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        guard case .vector(let places) = input else { throw .needsVector(found: input) }
        try check()
        return .image(height: 1, width: places, channels: size)
    }

    /// vectors [count][size], uniform in ±0.05 at first, as Keras has them.
    public func tensors(of input: FeatureShape) throws(LayerError) -> [LayerTensor] {
        try check()
        return [LayerTensor("vectors", [count, size], .uniform(limit: 0.05))]
    }

    private func check() throws(LayerError) {
        try LayerError.require(count)
        try LayerError.require(size)
        guard count <= Self.countLimit else { throw .tooLarge("\(count) words") }
    }

    /// Copies each word's vector.
    public func forward(_ pass: LayerPass) {
        for place in 0..<pass.count * pass.inputCount {
            let y = pass.output + place * size
            if let word = word(pass.input[place]) {
                y.update(from: pass.parameters + word * size, count: size)
            } else {
                y.update(repeating: .nan, count: size)
            }
        }
    }

    /// Adds each place's gradient to its word's; the words themselves have none.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        gradients.input?.update(repeating: 0, count: pass.count * pass.inputCount)
        for place in 0..<pass.count * pass.inputCount {
            guard let word = word(pass.input[place]) else { continue }
            let dy = gradients.output + place * size
            let sum = gradients.parameters + word * size
            for index in 0..<size { sum[index] += dy[index] }
        }
    }

    private func word(_ number: Float) -> Int? {
        guard number >= 0, number < Float(count) else { return nil }
        return Int(exactly: number)
    }
}
