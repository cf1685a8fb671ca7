import AsyncHTTPClient
import HTTPCalls
import Platform
import Synchronization
import Testing

@Suite("Patience with a server")
struct PatienceTests {
    private enum Failure: AttemptFailure, Equatable {
        case away, refused, cancelled
        case awayFor(Double)

        var retry: (reason: String, afterSeconds: Double)? {
            switch self {
            case .away: ("it sleeps", 0)
            case .awayFor(let seconds): ("it sleeps", seconds)
            case .refused, .cancelled: nil
            }
        }

        var thrown: any Error { self == .cancelled ? CancellationError() : self }
    }

    private struct GaveUp: Error, Equatable {
        var seconds: Double
        var reason: String
    }

    /// What is told, and what comes of attempts that fail like this and then succeed.
    private func outcome(
        _ failures: [Failure], limitSeconds: Double = 1e6, time: HastyTime = HastyTime()
    ) async -> (told: [String], result: Result<Int, any Error>) {
        let told = Mutex<[String]>([])
        let attempts = Atomic(0)
        let patience = Patience(
            limitSeconds: limitSeconds, time: time,
            away: { reason in told.withLock { $0.append("away: \(reason)") } },
            back: { _ in told.withLock { $0.append("back") } },
            gaveUp: { GaveUp(seconds: $0.rounded(), reason: $1) })
        let result: Result<Int, any Error>
        do {
            let answer = try await patience.answer { () async throws(Failure) -> Int in
                let number = attempts.add(1, ordering: .relaxed).oldValue
                if number < failures.count { throw failures[number] }
                return number
            }
            result = .success(answer)
        } catch {
            result = .failure(error)
        }
        return (told.withLock { $0 }, result)
    }

    @Test("It tries until there is an answer, and says once that there was none")
    func away() async throws {
        let (told, result) = await outcome([.away, .away, .away])
        #expect(try result.get() == 3)
        #expect(told == ["away: it sleeps", "back"])
        let atOnce = await outcome([])
        #expect(atOnce.told == [])
    }

    @Test("A refusal is an answer, a cancellation is none, and both end it")
    func final() async {
        let refused = await outcome([.away, .refused])
        #expect(throws: Failure.refused) { try refused.result.get() }
        #expect(refused.told == ["away: it sleeps", "back"])
        let cancelled = await outcome([.away, .cancelled])
        #expect(throws: CancellationError.self) { try cancelled.result.get() }
        #expect(cancelled.told == ["away: it sleeps"])
    }

    @Test("It gives up after its time, and not before", arguments: [0.1, 1, 120, 3600])
    func gaveUp(limitSeconds: Double) async {
        let time = HastyTime()
        let over = await outcome(
            Array(repeating: .away, count: 10_000), limitSeconds: limitSeconds, time: time)
        #expect(throws: GaveUp(seconds: limitSeconds.rounded(), reason: "it sleeps")) {
            try over.result.get()
        }
        #expect(over.told == ["away: it sleeps"])
        #expect(abs(time.seconds() - limitSeconds) < 1e-6)
    }

    @Test("Whoever is away is asked less and less often, and never later than it says")
    func pauses() async throws {
        // Half of 0.05 s · 2ⁿ to all of it, 2 s at most.
        let time = HastyTime()
        _ = await outcome(Array(repeating: .away, count: 20), time: time)
        let least = (0..<20).reduce(0) { $0 + min(0.05 * Double(1 << min($1, 10)), 2) / 2 }
        #expect((least...2 * least).contains(time.seconds()))
        let told = HastyTime()
        _ = await outcome([.awayFor(7), .awayFor(7)], time: told)
        #expect((14...14.2).contains(told.seconds()))
        // Half an hour is longer than anybody waits without asking.
        let long = HastyTime()
        _ = await outcome([.awayFor(1800)], time: long)
        #expect(long.seconds() == 30)
    }

    @Test("Who is cancelled while it waits stops waiting")
    func cancelled() async {
        let time = VirtualTime()
        let patience = Patience(
            limitSeconds: 1e6, time: time, away: { _ in }, back: { _ in },
            gaveUp: { GaveUp(seconds: $0, reason: $1) })
        let task = Task {
            try await patience.answer { () async throws(Failure) -> Int in throw .away }
        }
        while time.nextWake == nil { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("A file of certificates that is not there, or has none in it, is said")
    func certificates() {
        func reason(_ path: String) -> String? {
            do {
                _ = try HTTPClient.forCalls(certificateFile: path, readSeconds: 1)
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(reason("/no/file") == "No such file or directory")
        #expect(reason(#filePath) == "expected certificates in PEM form")
    }
}
