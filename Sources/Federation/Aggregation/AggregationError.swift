import Parameters

/// Where in a model a parameter stands.
public struct ParameterPlace: Hashable, Sendable, CustomStringConvertible {
    /// Position in the parameter vector, from 0.
    public let index: Int
    /// The tensor's name, where the layout is known.
    public let tensor: String?
    /// Position in that tensor, row-major, from 0.
    public let indexInTensor: Int?

    /// The place of parameter `index`, with the tensor's name if a layout says it.
    public init(index: Int, layout: ParameterLayout? = nil) {
        self.index = index
        let entry = layout?.entries.first { $0.range.contains(index) }
        tensor = entry?.name
        indexInTensor = entry.map { index - $0.offset }
    }

    /// Position, and the tensor where it is known: "parameter 7 (conv1/bias, element 3)".
    public var description: String {
        guard let tensor, let indexInTensor else { return "parameter \(index)" }
        return "parameter \(index) (\(tensor), element \(indexInTensor))"
    }
}

/// A number that is not finite, as a value that equals itself.
public enum NonFiniteNumber: Hashable, Sendable, CustomStringConvertible {
    /// NaN.
    case notANumber
    /// ∞.
    case infinity
    /// −∞.
    case minusInfinity

    /// What `value` is; nil if it is finite.
    public init?(_ value: some BinaryFloatingPoint) {
        if value.isFinite { return nil }
        self = value.isNaN ? .notANumber : value > 0 ? .infinity : .minusInfinity
    }

    /// As sentences have it: "NaN", "infinity" or "-infinity".
    public var description: String {
        switch self {
        case .notANumber: "NaN"
        case .infinity: "infinity"
        case .minusInfinity: "-infinity"
        }
    }
}

/// Why an aggregator refused something; what it held before is unchanged.
public enum AggregationError: Error, Equatable, Sendable {
    /// The update has not as many parameters as the model.
    case wrongLength(client: Int, found: Int, expected: Int)
    /// A parameter is NaN or infinite.
    case notFinite(client: Int, found: NonFiniteNumber, at: ParameterPlace)
    /// The number of samples is not in 1 ..< 2²⁹.
    case sampleCountOutOfRange(client: Int, found: Int)
    /// Σ samples · |parameter| of all updates would reach 2³⁸; `value` is this update's largest.
    case overflow(client: Int, value: Float, sampleCount: Int, at: ParameterPlace)
    /// The sum of all sample counts would exceed 2⁶³ − 1.
    case sampleCountOverflow(client: Int, found: Int, sumBefore: Int)
    /// The sum of several processes' sums would not fit: magnitudes reach 2³⁸ or samples 2⁶³.
    case mergeOverflow
    /// There is no mean of no updates.
    case noUpdates
    /// The contribution is of another make than the others': a change among models, or with other
    /// vectors beside it. A transform that is not the same for all clients makes such.
    case unlikeOthers(client: Int)
    /// The client sent a model, though the run's transforms make a change of it before it leaves.
    case notTransformed(client: Int, transforms: String)
    /// A part of the strategy refuses an update or the whole round; the reason is a sentence.
    case refused(reason: String)
    /// The run was asked to stop while a part of the strategy was at work, which it has given up: the round is
    /// not closed, and the run is interrupted.
    case stopped
    /// What the server makes of the updates, which are finite, is not: the new global model or what the
    /// strategy keeps beside it, named by `vector`.
    case resultNotFinite(vector: String, found: NonFiniteNumber, at: ParameterPlace)
}

extension AggregationError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .wrongLength(let client, let found, let expected):
            "the update of client \(client) has \(found) parameters; the model has \(expected)"
        case .notFinite(let client, let found, let place):
            "\(place) in the update of client \(client) is \(found); a finite number was expected"
        case .sampleCountOutOfRange(let client, let found):
            """
            the update of client \(client) counts \(found) samples; \
            expected are 1 to \(ExactAccumulator.sampleCountLimit - 1)
            """
        case .overflow(let client, let value, let sampleCount, let place):
            """
            \(place) in the update of client \(client) is \(value), times \(sampleCount) samples: \
            the sum of samples times largest parameter over all updates must stay below 2^38
            """
        case .sampleCountOverflow(let client, let found, let sumBefore):
            """
            the update of client \(client) counts \(found) samples, \
            which with \(sumBefore) before is more than \(Int.max)
            """
        case .mergeOverflow:
            """
            the sum of all ranks' sums is too large: samples times largest parameter over all updates must stay \
            below 2^38, and the number of samples below 2^63
            """
        case .noUpdates:
            "there is no mean without updates; at least one was expected"
        case .unlikeOthers(let client):
            """
            the update of client \(client) is of another make than the others': \
            a change among models, or with other vectors beside it
            """
        case .notTransformed(let client, let transforms):
            """
            the update of client \(client) is a model; expected is the change that \(transforms) makes of it
            """
        case .refused(let reason):
            reason
        case .stopped:
            "the run was asked to stop before the round was closed"
        case .resultNotFinite(let vector, let found, let place):
            "\(place) of \(vector) is \(found); a finite number was expected"
        }
    }
}
