import Federation

/// How much a client's update weighs, as it is typed: `samples`, `batches`, `equal` or `capped:COUNT`.
public enum ClientWeighting: Hashable, Sendable {
    /// n_i, its samples.
    case samples
    /// The batches of one of its epochs, ⌈n_i / B⌉: small clients weigh more than by their samples.
    case batches
    /// All alike.
    case equal
    /// Its samples, so many at most.
    case capped(Int)

    /// What can be typed.
    public static let forms = "samples, batches, equal or capped:COUNT"

    /// nil for a text that is none of these, or a count below 1.
    public init?(_ text: String) {
        switch text.lowercased() {
        case "samples": self = .samples
        case "batches": self = .batches
        case "equal": self = .equal
        case let text:
            guard text.hasPrefix("capped:"), let count = Int(text.dropFirst(7)), count > 0 else {
                return nil
            }
            self = .capped(count)
        }
    }

    /// The part of a strategy, for batches of this size.
    func part(_ batch: BatchSize) -> Weighting {
        switch self {
        case .samples: .samples
        // One batch each.
        case .batches: batch.count.map { .batches(of: $0) } ?? .uniform
        case .equal: .uniform
        case .capped(let limit): .capped(limit)
        }
    }
}

extension ClientWeighting: CustomStringConvertible {
    /// As it is typed.
    public var description: String {
        switch self {
        case .samples: "samples"
        case .batches: "batches"
        case .equal: "equal"
        case .capped(let count): "capped:\(count)"
        }
    }
}
