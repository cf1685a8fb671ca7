import Foundation
import Synchronization

/// Standard output, and whether what was written to it has arrived.
///
/// A pipe whose reader has had enough is no error: the rest of what there is to say is left out, and
/// whatever the command does goes on. Any other failure is the command's, at its end.
package final class StandardOutput: Sendable {
    private struct State {
        var isClosed = false
        var failure: Int32?
    }

    private let descriptor: Int32
    private let state = Mutex(State())

    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes bytes at once.
    package func write(_ bytes: [UInt8]) {
        state.withLock { state in
            guard !state.isClosed else { return }
            let code = writeAll(bytes, to: descriptor)
            if code == EPIPE {
                state.isClosed = true
            } else if code != 0 {
                // Later lines are tried again: a disk may have room once more.
                state.failure = state.failure ?? code
            }
        }
    }

    /// Why not all of it could be written, in the system's words; nil if it was.
    package var failure: String? { state.withLock { $0.failure.map { systemReason($0) } } }
}
