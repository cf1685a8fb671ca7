import Federation
import Foundation
import Platform

/// The clock of the open round, or of waiting for clients to open it with.
extension Coordinator {
    /// Starts it anew; nil for never.
    func startDeadline(_ round: Int, afterSeconds seconds: Double?) {
        stopDeadline()
        guard let seconds else { return }
        run.deadlineAt = Date(timeIntervalSinceNow: seconds)
        let timer = timers
        let end = time.seconds() + seconds
        deadline = workers.begin { [self, time] in
            try? await time.sleep(until: end)
            await passDeadline(round, timer: timer)
        }
    }

    func stopDeadline() {
        // One that wakes up just now finds that it is not the last any more.
        timers += 1
        deadline?.cancel()
        run.deadlineAt = nil
    }

    private func passDeadline(_ round: Int, timer: Int) {
        guard timer == timers, run.outcome == nil else { return }
        run.deadlineAt = nil
        notice("the deadline of round \(round) has passed")
        inform(.deadline(round: round))
    }
}
