import Parameters

/// How a tensor starts.
enum Initializer: Hashable, Sendable {
    case zeros
    /// Uniform in ±√(6 / (fan in + fan out)).
    ///
    /// Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward
    /// neural networks", AISTATS 2010, equation 16.
    case glorotUniform(fanIn: Int, fanOut: Int)
}

extension Architecture {
    /// Parameters to begin with: Glorot-uniform kernels and zero biases.
    ///
    /// Every tensor has a stream of its own under (seed, initialization, tensor).
    public func initialParameters(seed: UInt64) -> ParameterVector {
        ParameterVector(count: parameterCount) { buffer in
            for (index, entry) in layout.entries.enumerated() {
                guard case .glorotUniform(let fanIn, let fanOut) = initializers[index] else {
                    continue
                }
                let limit = (6 / Double(fanIn + fanOut)).squareRoot()
                var random = RandomStream(
                    RandomKey(seed: seed, purpose: .initialization, index: index))
                for position in entry.range {
                    buffer[position] = Float(limit * (2 * random.nextUniform() - 1))
                }
            }
        }
    }
}
