/// How long to wait before the next attempt: longer each time, and never all clients at once.
///
/// Attempt n waits between half of min(0.05 s · 2ⁿ, 2 s) and all of it, so that clients whose server
/// has come back do not all knock at the same moment.
public struct Backoff {
    private static let firstSeconds = 0.05
    private static let limitSeconds = 2.0

    private var attempts = 0

    /// From the first attempt on.
    public init() {}

    /// Seconds before the next attempt.
    public mutating func nextSeconds(_ random: inout some RandomNumberGenerator) -> Double {
        let ceiling = min(Self.firstSeconds * Double(1 << min(attempts, 10)), Self.limitSeconds)
        attempts += 1
        return Double.random(in: ceiling / 2...ceiling, using: &random)
    }
}
