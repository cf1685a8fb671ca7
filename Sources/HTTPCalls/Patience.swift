import Platform

/// Why one attempt at a call has no answer that can be used.
public protocol AttemptFailure: Error {
    /// Where nothing or nobody answered, or not now, so that it is worth trying again: why, and in how
    /// many seconds at the earliest. nil where there is no use in it.
    var retry: (reason: String, afterSeconds: Double)? { get }
    /// What the caller is to hear where there is no use in trying again.
    var thrown: any Error { get }
}

/// Tries again while a server is away, longer apart each time, and gives up after the time that was
/// asked for.
public struct Patience: Sendable {
    private let limitSeconds: Double
    private let time: any TimeSource
    private let away: @Sendable (String) -> Void
    private let back: @Sendable (Double) -> Void
    private let gaveUp: @Sendable (Double, String) -> any Error

    /// - Parameters:
    ///   - limitSeconds: how long a server may be away.
    ///   - time: what is waited by.
    ///   - away: told once that it is away, and why.
    ///   - back: told that it answers again, after so many seconds.
    ///   - gaveUp: makes the error of having given up after so many seconds, and why the last attempt
    ///     had no answer.
    public init(
        limitSeconds: Double, time: any TimeSource = SystemTime(),
        away: @escaping @Sendable (String) -> Void,
        back: @escaping @Sendable (Double) -> Void,
        gaveUp: @escaping @Sendable (Double, String) -> any Error
    ) {
        self.limitSeconds = limitSeconds
        self.time = time
        self.away = away
        self.back = back
        self.gaveUp = gaveUp
    }

    /// The answer of the first attempt that has one.
    /// - Throws: what the first failure that is final throws, what `gaveUp` makes, or
    ///   `CancellationError`.
    public func answer<Answer: Sendable, Failure: AttemptFailure>(
        _ attempt: @Sendable () async throws(Failure) -> Answer
    ) async throws -> Answer {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        var awaySince: Double?
        func isBack() {
            if let awaySince { back(time.seconds() - awaySince) }
        }
        while true {
            do throws(Failure) {
                let answer = try await attempt()
                isBack()
                return answer
            } catch {
                guard let (reason, afterSeconds) = error.retry else {
                    if !(error.thrown is CancellationError) { isBack() }
                    throw error.thrown
                }
                if awaySince == nil { away(reason) }
                let now = time.seconds()
                let start = awaySince ?? now
                awaySince = start
                let left = limitSeconds - (now - start)
                guard left > 0 else { throw gaveUp(now - start, reason) }
                let pause = max(backoff.nextSeconds(&random), min(afterSeconds, 30))
                try await time.sleep(seconds: min(pause, left))
            }
        }
    }
}
