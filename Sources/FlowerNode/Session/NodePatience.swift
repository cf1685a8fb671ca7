import Tensors

/// Tries again while a SuperLink is away, longer apart each time, and gives up after the time that was
/// asked for.
struct NodePatience: Sendable {
    let address: SuperLinkAddress
    let limitSeconds: Double
    let report: @Sendable (NodeEvent) -> Void

    private static let firstSeconds = 0.05
    private static let longestSeconds = 2.0

    /// The answer of the first attempt that has one.
    /// - Throws: `CallError.unknownNode` and `.refused`, `FlowerNodeError`, or `CancellationError`.
    func answer<Answer: Sendable>(
        _ attempt: @Sendable () async throws(CallError) -> Answer
    ) async throws -> Answer {
        var awaySince: Double?
        var ceiling = Self.firstSeconds
        while true {
            do throws(CallError) {
                let answer = try await attempt()
                if let awaySince { report(.back(seconds: MonotonicClock.seconds() - awaySince)) }
                return answer
            } catch {
                switch error {
                case .fatal(let error): throw error
                case .cancelled: throw CancellationError()
                case .refused, .unknownNode:
                    if let awaySince {
                        report(.back(seconds: MonotonicClock.seconds() - awaySince))
                    }
                    throw error
                case .away(let reason):
                    if awaySince == nil { report(.away(reason: reason)) }
                    let now = MonotonicClock.seconds()
                    let start = awaySince ?? now
                    awaySince = start
                    let left = limitSeconds - (now - start)
                    guard left > 0 else {
                        throw FlowerNodeError.gaveUp(
                            address, seconds: now - start, reason: reason)
                    }
                    // Never all nodes at once.
                    let pause = Double.random(in: ceiling / 2...ceiling)
                    ceiling = min(2 * ceiling, Self.longestSeconds)
                    try await Task.sleep(for: .seconds(min(pause, left)))
                }
            }
        }
    }
}
