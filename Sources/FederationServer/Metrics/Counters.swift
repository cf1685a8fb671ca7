import FederationWire
import Synchronization

/// What the server has counted since it started, from any thread.
package final class Counters: Sendable {
    /// One look at the counts.
    struct Snapshot: Sendable {
        /// Answers by route template and status.
        var answers: [Answer: Int] = [:]
        /// Refusals by code.
        var refusals: [APIError.Code: Int] = [:]
        /// Bytes of updates received, and of models sent.
        var bytesReceived = 0
        var bytesSent = 0
        /// Updates taken.
        var updates = 0
        /// Clients that vanished or failed.
        var drops = 0
    }

    /// What was asked and how it was answered.
    struct Answer: Hashable, Sendable {
        var route: String
        var method: String
        var status: Int
    }

    private let state = Mutex(Snapshot())

    /// Nothing counted yet.
    package init() {}

    var snapshot: Snapshot { state.withLock { $0 } }

    func count(answer: Answer) { state.withLock { $0.answers[answer, default: 0] += 1 } }
    func count(refusal: APIError.Code) { state.withLock { $0.refusals[refusal, default: 0] += 1 } }
    func count(received bytes: Int) { state.withLock { $0.bytesReceived += bytes } }
    func count(sent bytes: Int) { state.withLock { $0.bytesSent += bytes } }
    func countUpdate() { state.withLock { $0.updates += 1 } }
    func countDrop() { state.withLock { $0.drops += 1 } }
}
