import Datasets
import Experiments
import FederationWire
import Synchronization
import Training

/// What the clients of one process have in common: a run's data, read once, and the threads that train.
///
/// A client's bits depend on neither: a thread has one client's training at a time.
package final class SharedParts: Sendable {
    /// What is made of a run's settings.
    package struct Parts: Sendable {
        package let data: RunData
        package let setup: ClientSetup
        package let workers: LocalWorkers
    }

    private let threads: Int
    /// By run: a server may begin another while some are still in the one before.
    private let made = Mutex<[(settings: RunSettings, parts: Result<Parts, any Error>)]>([])

    /// - Parameter threads: how many of the clients train at once.
    package init(threads: Int) { self.threads = threads }

    /// The parts of a run; the first client that asks makes them, or fails for all, and the others wait.
    func parts(
        of settings: RunSettings, _ make: (_ threads: Int) throws -> Parts
    ) throws -> Parts {
        try made.withLock { made in
            if let known = made.first(where: { $0.settings == settings }) { return known.parts }
            let parts = Result { try make(threads) }
            made.append((settings, parts))
            return parts
        }.get()
    }

    /// Ends all threads, once no client trains any more.
    package func close() {
        let all = made.withLock { made in
            defer { made = [] }
            return made
        }
        for (_, parts) in all { try? parts.get().workers.close() }
    }
}
