import Experiments
import Federation
import Foundation
import Synchronization
import TestSupport
import TestThreads
import Testing

@Suite("Pausing a run", .holdsItsThread)
struct PauseTests {
    private static func spec() -> RunSpec {
        var spec = RunSpec()
        spec.clients = 3
        spec.rounds = 4
        spec.samples = 20
        spec.epochs = 1
        spec.dataset = "digits"
        return spec
    }

    @Test("A paused run ends its round, waits, and comes to the same bits", arguments: [1, 3])
    func sameBits(threads: Int) async throws {
        let undisturbed = try await onThread {
            try ExperimentRun(Self.spec(), threads: threads).run()
        }
        let run = try ExperimentRun(Self.spec(), threads: threads)
        #expect(run.canPause)
        let committed = Mutex([Int]())
        async let result = onThread {
            run.run { round in
                committed.withLock { $0.append(round.record.round) }
                // Before the next round may begin, or while it does: either is paused.
                if round.record.round == 2 { run.pause() }
            }
        }
        while !run.progress.gate.isHolding { try await Task.sleep(for: .milliseconds(5)) }
        // Nothing goes on by itself: whoever looks twice sees the same.
        let held = run.progress.snapshot
        try await Task.sleep(for: .milliseconds(100))
        #expect(run.progress.snapshot.imagesTrained == held.imagesTrained)
        let rounds = committed.withLock { $0 }
        #expect(rounds == [1, 2] || rounds == [1, 2, 3])
        run.resume()
        let paused = try await result
        #expect(paused.outcome == .completed)
        #expect(paused.model == undisturbed.model)
    }

    @Test("A paused run can be stopped")
    func stops() async throws {
        let run = try ExperimentRun(Self.spec(), threads: 2)
        run.pause()
        async let result = onThread { run.run() }
        while !run.progress.gate.isHolding { try await Task.sleep(for: .milliseconds(5)) }
        run.stop()
        let stopped = try await result
        #expect(stopped.outcome == .interrupted)
    }
}
