import Parameters

/// How a tensor starts.
///
/// Sources: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
/// networks", AISTATS 2010, equation 16; He et al., "Delving deep into rectifiers", ICCV 2015, equation 10.
public enum Initializer: Hashable, Sendable, Codable {
    /// 0.
    case zeros
    /// 1.
    case ones
    /// Uniform in ±√(6 / (fan in + fan out)).
    case glorotUniform(fanIn: Int, fanOut: Int)
    /// Normal with variance 2 / (fan in + fan out), cut at two standard deviations as Keras does.
    case glorotNormal(fanIn: Int, fanOut: Int)
    /// Uniform in ±√(6 / fan in).
    case heUniform(fanIn: Int)
    /// Normal with variance 2 / fan in, cut at two standard deviations as Keras does.
    case heNormal(fanIn: Int)
    /// Uniform in ±limit.
    case uniform(limit: Double)
}

/// Which of them a layer's kernel has, whatever its sizes.
public enum KernelInitializer: String, Hashable, Sendable, Codable, CaseIterable {
    /// See `Initializer`.
    case glorotUniform = "glorot-uniform"
    /// See `Initializer`.
    case glorotNormal = "glorot-normal"
    /// See `Initializer`.
    case heUniform = "he-uniform"
    /// See `Initializer`.
    case heNormal = "he-normal"
    /// See `Initializer`.
    case zeros
    /// See `Initializer`.
    case ones

    /// That of a tensor.
    func initializer(fanIn: Int, fanOut: Int) -> Initializer {
        switch self {
        case .glorotUniform: .glorotUniform(fanIn: fanIn, fanOut: fanOut)
        case .glorotNormal: .glorotNormal(fanIn: fanIn, fanOut: fanOut)
        case .heUniform: .heUniform(fanIn: fanIn)
        case .heNormal: .heNormal(fanIn: fanIn)
        case .zeros: .zeros
        case .ones: .ones
        }
    }
}

extension Architecture {
    /// Parameters to begin with, each tensor as its layer says: Glorot-uniform kernels and zero biases
    /// unless a layer says otherwise.
    ///
    /// Every tensor has a stream of its own under (seed, initialization, tensor).
    public func initialParameters(seed: UInt64) -> ParameterVector {
        ParameterVector(count: parameterCount) { buffer in
            for (index, entry) in layout.entries.enumerated() {
                var random = RandomStream(
                    RandomKey(seed: seed, purpose: .initialization, index: index))
                initializers[index].fill(buffer, entry.range, &random)
            }
        }
    }
}

extension Initializer {
    /// Writes a tensor's Floats, which are 0 so far.
    func fill(
        _ buffer: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>,
        _ random: inout RandomStream
    ) {
        switch self {
        case .zeros: return
        case .ones: for position in range { buffer[position] = 1 }
        case .glorotUniform(let fanIn, let fanOut):
            Self.uniform((6 / Double(fanIn + fanOut)).squareRoot(), buffer, range, &random)
        case .heUniform(let fanIn):
            Self.uniform((6 / Double(fanIn)).squareRoot(), buffer, range, &random)
        case .uniform(let limit): Self.uniform(limit, buffer, range, &random)
        case .glorotNormal(let fanIn, let fanOut):
            Self.normal((2 / Double(fanIn + fanOut)).squareRoot(), buffer, range, &random)
        case .heNormal(let fanIn):
            Self.normal((2 / Double(fanIn)).squareRoot(), buffer, range, &random)
        }
    }

    private static func uniform(
        _ limit: Double, _ buffer: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>,
        _ random: inout RandomStream
    ) {
        for position in range {
            buffer[position] = Float(limit * (2 * random.nextUniform() - 1))
        }
    }

    /// A normal variable within two deviations has 0.8796 of the deviation, which Keras divides by.
    private static func normal(
        _ deviation: Double, _ buffer: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>,
        _ random: inout RandomStream
    ) {
        let scale = deviation / 0.87962566103423978
        for position in range {
            var number = 0.0
            repeat {
                number = random.nextNormal()
            } while abs(number) > 2
            buffer[position] = Float(scale * number)
        }
    }
}
