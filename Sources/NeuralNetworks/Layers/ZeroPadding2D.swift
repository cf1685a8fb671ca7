/// Rows and columns of zeros around an image.
public struct ZeroPadding2D: PlainLayer {
    /// "zero-padding".
    public static let kind = "zero-padding"

    /// Rows above, at least 0.
    public var top: Int
    /// Rows below, at least 0.
    public var bottom: Int
    /// Columns to the left, at least 0.
    public var left: Int
    /// Columns to the right, at least 0.
    public var right: Int

    /// With so many on each side; none unless said.
    public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
        self.top = top
        self.bottom = bottom
        self.left = left
        self.right = right
    }

    /// [top + H + bottom][left + W + right][C].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        let image = try input.image()
        for side in [top, bottom, left, right] {
            guard side >= 0 else { throw .other("a padding of \(side) must be at least 0") }
            guard side <= LayerError.sizeLimit else { throw .tooLarge("a padding of \(side)") }
        }
        return .image(
            height: top + image.height + bottom, width: left + image.width + right,
            channels: image.channels)
    }

    /// Puts each row into its place.
    public func forward(_ pass: LayerPass) {
        pass.output.update(repeating: 0, count: pass.count * pass.outputCount)
        forEachRow(pass) { inside, outside, count in
            (pass.output + outside).update(from: pass.input + inside, count: count)
        }
    }

    /// Takes each row's gradient out of its place.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        guard let input = gradients.input else { return }
        forEachRow(pass) { inside, outside, count in
            (input + inside).update(from: gradients.output + outside, count: count)
        }
    }

    /// Calls `body` with where a row begins, inside and outside, and its Floats.
    private func forEachRow(
        _ pass: LayerPass, _ body: (_ inside: Int, _ outside: Int, _ count: Int) -> Void
    ) {
        guard case .image(let height, let width, let channels) = pass.shape else { return }
        let (row, wide) = (width * channels, (left + width + right) * channels)
        for sample in 0..<pass.count {
            for index in 0..<height {
                body(
                    sample * pass.inputCount + index * row,
                    sample * pass.outputCount + (top + index) * wide + left * channels, row)
            }
        }
    }
}

extension ZeroPadding2D {
    private enum CodingKeys: CodingKey { case top, bottom, left, right }

    /// Reads it; sides may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func side(_ key: CodingKeys) throws -> Int {
            try container.decodeIfPresent(Int.self, forKey: key) ?? 0
        }
        self.init(
            top: try side(.top), bottom: try side(.bottom), left: try side(.left),
            right: try side(.right))
    }
}
