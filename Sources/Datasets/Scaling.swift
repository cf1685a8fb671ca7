/// What models see of a data set's numbers.
public enum Scaling: Hashable, Sendable, Codable {
    /// Bytes as byte / 255, Floats as they are.
    case unit
    /// (x − mean) / deviation of what `unit` gives, channel by channel, or number by number where samples
    /// are no images.
    case standardized(mean: [Float], deviation: [Float])
}

/// Which of them a run asks for.
public enum ScalingChoice: String, Hashable, Sendable, Codable, CaseIterable {
    /// See `Scaling.unit`.
    case unit
    /// Mean 0 and deviation 1 in each channel of the training samples, or in each number of theirs where
    /// they are no images.
    case standard
}

extension Dataset {
    /// The same samples, seen so by models.
    ///
    /// Mean and deviation are those of the training samples; they are computed once, here, and kept. What
    /// never changes is only moved.
    public func scaled(_ choice: ScalingChoice) -> Dataset {
        switch choice {
        case .unit: return with(.unit)
        case .standard:
            let (mean, deviation) = train.unitStatistics()
            return with(
                .standardized(
                    mean: mean.map { Float($0) },
                    deviation: deviation.map { $0 > 0 ? Float($0) : 1 }))
        }
    }

    private func with(_ scaling: Scaling) -> Dataset {
        var copy = self
        copy.train.scaling = scaling
        copy.test.scaling = scaling
        return copy
    }
}

extension Samples {
    /// Numbers of a sample that have a mean and a deviation each: an image's channels, a vector's numbers.
    var scaledCount: Int { isVector ? pixelsPerImage : channels }

    /// Mean and deviation of each channel (of each number where samples are vectors), of byte / 255 or of
    /// the Floats.
    package func unitStatistics() -> (mean: [Double], deviation: [Double]) {
        let channels = scaledCount
        var sums = [Double](repeating: 0, count: channels)
        var squares = sums
        let total = Double(max(count * pixelsPerImage / channels, 1))
        guard values.isEmpty else {
            for (position, value) in values.enumerated() {
                sums[position % channels] += Double(value)
            }
            let mean = sums.map { $0 / total }
            // In a second pass: what never changes is to have no deviation at all.
            for (position, value) in values.enumerated() {
                let difference = Double(value) - mean[position % channels]
                squares[position % channels] += difference * difference
            }
            return (mean, squares.map { ($0 / total).squareRoot() })
        }
        // Exact: sums of bytes are whole numbers.
        var whole = [UInt64](repeating: 0, count: channels)
        var wholeSquares = whole
        pixels.withUnsafeBufferPointer { pixels in
            var channel = 0
            for pixel in pixels {
                whole[channel] &+= UInt64(pixel)
                wholeSquares[channel] &+= UInt64(pixel) * UInt64(pixel)
                channel = channel + 1 == channels ? 0 : channel + 1
            }
        }
        sums = whole.map { Double($0) / 255 }
        squares = wholeSquares.map { Double($0) / (255 * 255) }
        let mean = sums.map { $0 / total }
        return (mean, zip(squares, mean).map { max(0, $0 / total - $1 * $1).squareRoot() })
    }
}
