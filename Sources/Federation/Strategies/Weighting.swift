/// How much a client's update weighs in a round.
public enum Weighting: Hashable, Sendable, Codable, CustomStringConvertible {
    /// n_i, its samples.
    case samples
    /// 1: no client says how much it weighs, so that its part of the mean is bounded.
    case uniform
    /// min(n_i, limit).
    case capped(Int)
    /// ⌈n_i / size⌉, the batches of an epoch.
    case batches(of: Int)

    /// The weight of an update of so many samples, at least 1.
    public func weight(samples: Int) -> Int {
        switch self {
        case .samples: samples
        case .uniform: 1
        case .capped(let limit): min(samples, max(limit, 1))
        case .batches(let size): (samples - 1) / max(size, 1) + 1
        }
    }

    /// In words: "weighted by samples".
    public var description: String {
        switch self {
        case .samples: "weighted by samples"
        case .uniform: "all weighted alike"
        case .capped(let limit): "weighted by samples, \(limit) at most"
        case .batches(let size): "weighted by batches of \(size)"
        }
    }
}
