import Dispatch
import Foundation
import Synchronization

/// Ctrl-C and SIGTERM while something runs: the first asks it to stop, the second ends the program.
final class Interruption: Sendable {
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init(_ stop: @escaping @Sendable () -> Void) {
        let seen = Counter()
        let queue = DispatchQueue(label: "interruption")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if seen.increment() > 1 { _exit(128 + number) }
                stop()
            }
            source.resume()
            return source
        }
    }

    /// Gives the signals their usual effect again.
    func end() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func increment() -> Int { value.add(1, ordering: .relaxed).newValue }
    }
}
