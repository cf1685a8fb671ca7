import FederationWire
import Synchronization
import Terminal

/// What the user sees of a server that waits for clients: a line that changes on a terminal; elsewhere
/// a line when it begins to wait, and whenever few are missing.
final class WaitDisplay: Sendable {
    /// So many are few.
    private static let few = 5

    private let console: Console
    private let round = Mutex(0)

    init(_ console: Console) {
        self.console = console
    }

    /// - Parameter wait: whom the run waits for; nil where all that it needs are there.
    func show(_ wait: RoundWait?) {
        guard let wait else { return console.clearTransient() }
        if console.isLive { return console.transient("  \(wait.words)") }
        let isNew = round.withLock { round in
            defer { round = wait.round }
            return round != wait.round
        }
        if isNew || wait.needed - wait.here <= Self.few { console.line("  \(wait.words)") }
    }
}
