import Foundation
import Synchronization

/// Ctrl-C and SIGTERM while something runs: the first asks it to stop, the second ends the program.
///
/// A signal's handler writes to a pipe, from which a thread reads: from the moment that this is made
/// no signal is lost, as one is that comes while a dispatch source is being set up. One at a time.
/// A signal that was ignored when the program began, as nohup and a shell's background have it, stays
/// ignored.
package final class Interruption: Sendable {
    private static let signals = [SIGINT, SIGTERM]
    /// Where the handler writes; −1 for nowhere.
    private static let writeEnd = Atomic<Int32>(-1)
    /// What ends the thread.
    private static let end: UInt8 = 0

    private let ends: (read: Int32, write: Int32)
    /// The signals that are not ignored.
    private let heeded: [Int32]

    package init(_ stop: @escaping @Sendable () -> Void) {
        var descriptors: [Int32] = [-1, -1]
        precondition(
            pipe(&descriptors) == 0, "no pipe for signals: \(String(cString: strerror(errno)))")
        ends = (descriptors[0], descriptors[1])
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        Self.writeEnd.store(ends.write, ordering: .sequentiallyConsistent)
        heeded = Self.signals.filter { number in
            var action = sigaction()
            return sigaction(number, nil, &action) != 0 || !Self.isIgnored(action)
        }
        for number in heeded {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Interruption.writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
            }
        }
        // Whoever started this program may have handed on a mask that keeps signals waiting.
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in heeded { sigaddset(&mask, number) }
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        let source = ends.read
        Thread.detachNewThread {
            var count = 0
            var byte: UInt8 = 0
            while read(source, &byte, 1) == 1, byte != Self.end {
                count += 1
                if count > 1 { _exit(128 + Int32(byte)) }
                stop()
            }
            close(source)
        }
    }

    /// Gives the signals their usual effect again.
    package func end() {
        for number in heeded { signal(number, SIG_DFL) }
        Self.writeEnd.store(-1, ordering: .sequentiallyConsistent)
        var byte = Self.end
        _ = write(ends.write, &byte, 1)
        close(ends.write)
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        // Handlers are closures here, which cannot be compared: their addresses can.
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
