import Federation
import Foundation

/// The clock of the open round, or of waiting for clients to open it with.
extension Coordinator {
    func startDeadline(_ round: Int) {
        stopDeadline()
        guard let seconds = run.served.rules.roundDeadlineSeconds else { return }
        run.deadlineAt = Date(timeIntervalSinceNow: seconds)
        let timer = timers
        timedRound = round
        deadline = Task {
            try? await Task.sleep(for: .seconds(seconds))
            passDeadline(round, timer: timer)
        }
    }

    /// Passes the deadline that runs, if there is one, before its time: for tests.
    package func passDeadlineNow() {
        guard run.deadlineAt != nil, let round = timedRound else { return }
        passDeadline(round, timer: timers)
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
        inform(.deadlinePassed(round: round))
    }
}
