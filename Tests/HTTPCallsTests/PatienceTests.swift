import AsyncHTTPClient
import HTTPCalls
import Synchronization
import Testing

@Suite("Patience with a server")
struct PatienceTests {
    private enum Failure: AttemptFailure {
        case away, refused, cancelled

        var retry: (reason: String, afterSeconds: Double)? {
            self == .away ? ("it sleeps", 0) : nil
        }

        var thrown: any Error { self == .cancelled ? CancellationError() : self }
    }

    private struct GaveUp: Error, Equatable {
        var reason: String
    }

    /// What is told, and what comes of attempts that fail like this and then succeed.
    private func outcome(
        _ failures: [Failure], limitSeconds: Double = 1e6
    ) async -> (told: [String], result: Result<Int, any Error>) {
        let told = Mutex<[String]>([])
        let attempts = Atomic(0)
        let patience = Patience(
            limitSeconds: limitSeconds,
            away: { reason in told.withLock { $0.append("away: \(reason)") } },
            back: { _ in told.withLock { $0.append("back") } },
            gaveUp: { GaveUp(reason: $1) })
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

    @Test("It gives up after its time")
    func gaveUp() async {
        let over = await outcome(
            Array(repeating: .away, count: 1000), limitSeconds: 0.1)
        #expect(throws: GaveUp(reason: "it sleeps")) { try over.result.get() }
        #expect(over.told == ["away: it sleeps"])
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
