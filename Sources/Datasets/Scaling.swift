/// What models see of a data set's numbers.
public enum Scaling: Hashable, Sendable, Codable {
    /// Bytes as byte / 255, Floats as they are.
    case unit
    /// (x − mean) / deviation of what `unit` gives, channel by channel.
    case standardized(mean: [Float], deviation: [Float])
}

/// Which of them a run asks for.
public enum ScalingChoice: String, Hashable, Sendable, Codable, CaseIterable {
    /// See `Scaling.unit`.
    case unit
    /// Mean 0 and deviation 1 in each channel of the training samples.
    case standard
}

extension Dataset {
    /// The same samples, seen so by models.
    ///
    /// Mean and deviation are those of the training samples, channel by channel; they are computed once,
    /// here, and kept. A channel that never changes is only moved.
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
    /// Mean and deviation of each channel, of byte / 255 or of the Floats.
    package func unitStatistics() -> (mean: [Double], deviation: [Double]) {
        var sums = [Double](repeating: 0, count: channels)
        var squares = sums
        let total = Double(max(count * pixelsPerImage / channels, 1))
        if values.isEmpty {
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
        } else {
            for (position, value) in values.enumerated() {
                sums[position % channels] += Double(value)
                squares[position % channels] += Double(value) * Double(value)
            }
        }
        let mean = sums.map { $0 / total }
        let deviation = zip(squares, mean).map { max(0, $0 / total - $1 * $1).squareRoot() }
        return (mean, deviation)
    }
}
