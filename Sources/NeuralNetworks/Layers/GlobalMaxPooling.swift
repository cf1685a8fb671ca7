/// The largest value of each channel over the whole image.
public struct GlobalMaxPooling: PlainLayer {
    /// "global-max-pooling".
    public static let kind = "global-max-pooling"

    /// It has no sizes.
    public init() {}

    /// [C].
    public func output(of input: FeatureShape) throws(LayerError) -> FeatureShape {
        .vector(try input.image().channels)
    }

    /// y[c] = max of x[i][j][c]; NaN where one is.
    public func forward(_ pass: LayerPass) {
        let channels = pass.outputCount
        for sample in 0..<pass.count {
            let x = pass.input + sample * pass.inputCount
            let y = pass.output + sample * channels
            y.update(from: x, count: channels)
            for place in 1..<max(pass.inputCount / channels, 1) {
                for c in 0..<channels {
                    let value = x[place * channels + c]
                    if value > y[c] || value.isNaN { y[c] = value }
                }
            }
        }
    }

    /// Gives dy[c] to the first place that has the largest value.
    public func backward(_ pass: LayerPass, _ gradients: LayerGradients) {
        guard let input = gradients.input else { return }
        let channels = pass.outputCount
        input.update(repeating: 0, count: pass.count * pass.inputCount)
        for sample in 0..<pass.count {
            let x = pass.input + sample * pass.inputCount
            let y = pass.output + sample * channels
            let dx = input + sample * pass.inputCount
            let dy = gradients.output + sample * channels
            for c in 0..<channels {
                var place = c
                while place < pass.inputCount, x[place] != y[c] { place += channels }
                if place < pass.inputCount { dx[place] = dy[c] }
            }
        }
    }
}
