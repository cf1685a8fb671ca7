import Dispatch
import Foundation
import Synchronization
import Testing

extension Trait where Self == HoldsItsThread {
    /// For suites whose tests compute, or wait for programs: all but those that wait for sockets.
    package static var holdsItsThread: Self { HoldsItsThread(isNext: false) }

    /// For those of them whose tests run one by one: each comes before all others that wait, or the suite would
    /// stand in the queue once for each of its tests, and go on alone when all others have ended.
    package static var holdsItsThreadNext: Self { HoldsItsThread(isNext: true) }
}

/// A test that computes, or waits for programs, does so on a thread of its own: Swift's pool has one for each
/// core, and those held would be missing to every test that waits for a socket. Four such tests at once for each
/// core, for most wait for programs.
package struct HoldsItsThread: SuiteTrait, TestTrait, TestScoping {
    private static let threads = OwnThreads()
    private static let places = Places(
        count: 4 * ProcessInfo.processInfo.activeProcessorCount)

    fileprivate let isNext: Bool

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.places.take(next: isNext)
        defer { Self.places.leave() }
        try await withTaskExecutorPreference(Self.threads) { try await function() }
    }
}

/// Runs what is handed to it on as many threads as it takes: none of Dispatch's, which adds threads late where
/// those that it has are held.
private final class OwnThreads: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// Threads that wait for a job and have not been called.
        var idle = 0
    }

    private let state = Mutex(State())
    private let calls = DispatchSemaphore(value: 0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = state.withLock { state in
            state.jobs.append(job)
            guard state.idle > 0 else { return false }
            state.idle -= 1
            return true
        }
        if isTaken {
            calls.signal()
        } else {
            let thread = Thread { self.work() }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// For each call, and for the thread's start, there is one job.
    private func work() {
        while true {
            let job = state.withLock { $0.jobs.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
            state.withLock { $0.idle += 1 }
            calls.wait()
        }
    }
}

/// So many at once; others wait, first come first served but for those that come next.
private final class Places: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(count: Int) { state = Mutex(State(free: count)) }

    func take(next isNext: Bool) async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.insert(
                        continuation, at: isNext ? 0 : state.waiting.endIndex)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
