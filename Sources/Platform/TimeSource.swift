import Synchronization

/// Time as whoever waits for something is given it: the machine's, or one that a test moves on.
public protocol TimeSource: Sendable {
    /// Seconds since any fixed moment; never goes back.
    func seconds() -> Double
    /// Returns when `seconds()` is that or more.
    /// - Throws: `CancellationError`.
    func sleep(until seconds: Double) async throws
}

extension TimeSource {
    /// Returns after so many seconds.
    /// - Throws: `CancellationError`.
    public func sleep(seconds: Double) async throws {
        try await sleep(until: self.seconds() + seconds)
    }
}

/// The machine's monotonic clock.
public struct SystemTime: TimeSource {
    /// The clock.
    public init() {}

    /// Seconds since the machine was started.
    public func seconds() -> Double { MonotonicClock.seconds() }

    /// Returns at that time, by the machine's clock.
    /// - Throws: `CancellationError`.
    public func sleep(until seconds: Double) async throws {
        let rest = seconds - self.seconds()
        if rest > 0 { try await Task.sleep(for: .seconds(rest)) }
        try Task.checkCancellation()
    }
}

/// A clock that stands still until it is moved: whoever sleeps is woken by `advance`, in the order of
/// time.
public final class VirtualTime: TimeSource {
    private struct Sleeper {
        var number: Int
        var until: Double
        var wake: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = 0.0
        var number = 0
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// A clock at 0.
    public init() {}

    /// Seconds that it has been moved on.
    public func seconds() -> Double { state.withLock { $0.now } }

    /// When the next sleeper wants to be woken; nil if nobody sleeps.
    public var nextWake: Double? { state.withLock { $0.sleepers.map(\.until).min() } }

    /// Moves the clock on by so many seconds.
    /// - Returns: how many sleepers it has woken.
    @discardableResult
    public func advance(by seconds: Double) -> Int {
        let woken = state.withLock { state in
            state.now += seconds
            let due = state.sleepers.filter { $0.until <= state.now }
            state.sleepers.removeAll { $0.until <= state.now }
            return due.sorted { ($0.until, $0.number) < ($1.until, $1.number) }
        }
        for sleeper in woken { sleeper.wake.resume() }
        return woken.count
    }

    /// Returns when the clock has been moved that far.
    /// - Throws: `CancellationError`.
    public func sleep(until seconds: Double) async throws {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wake in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(number) != nil {
                        return .failure(CancellationError())
                    }
                    if seconds <= state.now { return .success(()) }
                    state.sleepers.append(
                        Sleeper(number: number, until: seconds, wake: wake))
                    return nil
                }
                if let result { wake.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.wake.resume(throwing: CancellationError())
        }
    }
}
