import Tensors

/// Tries again while a server is away, and gives up after the time that was asked for.
struct Patience: Sendable {
    private let address: ServerAddress
    private let limitSeconds: Double
    private let report: @Sendable (ClientEvent) -> Void

    init(_ configuration: ClientConfiguration, report: @escaping @Sendable (ClientEvent) -> Void) {
        address = configuration.address
        limitSeconds = configuration.retrySeconds
        self.report = report
    }

    /// The answer of the first attempt that has one.
    /// - Throws: `AttemptError.refused`, `ClientError`, or `CancellationError`.
    func answer<Answer: Sendable>(
        _ attempt: @Sendable () async throws(AttemptError) -> Answer
    ) async throws -> Answer {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        var awaySince: Double?
        while true {
            do throws(AttemptError) {
                let answer = try await attempt()
                if let awaySince { report(.back(seconds: MonotonicClock.seconds() - awaySince)) }
                return answer
            } catch {
                switch error {
                case .fatal(let error): throw error
                case .cancelled: throw CancellationError()
                case .refused: throw error
                case .away(let reason, let afterSeconds):
                    if awaySince == nil { report(.away(reason: reason)) }
                    let now = MonotonicClock.seconds()
                    let start = awaySince ?? now
                    awaySince = start
                    let left = limitSeconds - (now - start)
                    guard left > 0 else {
                        throw ClientError.gaveUp(address, seconds: now - start, reason: reason)
                    }
                    let pause = max(backoff.nextSeconds(&random), min(afterSeconds ?? 0, 30))
                    try await Task.sleep(for: .seconds(min(pause, left)))
                }
            }
        }
    }
}
