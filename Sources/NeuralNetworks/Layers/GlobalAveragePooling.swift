/// The mean of each channel over the whole image.
public struct GlobalAveragePooling: PlainLayer {
    /// "global-average-pooling".
    public static let kind = "global-average-pooling"

    /// It has no sizes.
    public init() {}

    /// [C].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        .vector(try input.image().channels)
    }

    /// y[c] = mean of x[i][j][c].
    public func forward(_ pass: LayerPass) {
        let channels = pass.outputCount
        let places = pass.inputCount / channels
        let share = 1 / Float(places)
        for sample in 0..<pass.count {
            let x = pass.input + sample * pass.inputCount
            let y = pass.output + sample * channels
            y.update(repeating: 0, count: channels)
            for place in 0..<places {
                for c in 0..<channels { y[c] += x[place * channels + c] }
            }
            for c in 0..<channels { y[c] *= share }
        }
    }

    /// dx[i][j][c] = dy[c] / (H · W).
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        guard let input = gradients.input else { return }
        let channels = pass.outputCount
        let places = pass.inputCount / channels
        let share = 1 / Float(places)
        for sample in 0..<pass.count {
            let dx = input + sample * pass.inputCount
            let dy = gradients.output + sample * channels
            for place in 0..<places {
                for c in 0..<channels { dx[place * channels + c] = share * dy[c] }
            }
        }
    }
}
