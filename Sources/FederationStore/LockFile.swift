import Foundation
import Glibc
import Platform
import Synchronization

/// A file beside a store that is locked while something of the store is in use.
///
/// The lock is `flock`'s, so that the system gives it back whatever the process dies of; the file holds
/// the process's id for the message to whoever comes second. (A lock on the store's own file would not
/// do: closing it drops those that SQLite holds.)
package final class LockFile: Sendable {
    /// Who has a lock.
    package struct Holder: Hashable, Sendable {
        /// Its process, where that is known.
        package var process: Int?
    }

    /// Why there is no lock.
    enum Refusal: Error {
        /// Somebody else has it; the process, where it is known.
        case taken(process: Int?)
        /// The file cannot be made, in the system's words.
        case cannotOpen(reason: String)
        /// The file system has no locks, in the system's words.
        case unavailable(reason: String)
    }

    private let path: String
    /// nil when it has been given back.
    private let descriptor: Mutex<Int32?>

    /// Takes the lock, or says who has it.
    /// - Parameter shared: whether others may have it so, too.
    init(_ path: String, shared: Bool = false) throws(Refusal) {
        self.path = path
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw .cannotOpen(reason: systemReason()) }
            switch FileLock.take(descriptor, shared: shared) {
            case .held: break
            case .taken:
                let process = Self.process(descriptor)
                close(descriptor)
                throw .taken(process: process)
            case .unavailable(let reason):
                close(descriptor)
                throw .unavailable(reason: reason)
            }
            // Whoever held it may have removed the file in between; then this lock is on nothing.
            if FileLock.isNamed(path, descriptor) {
                self.descriptor = Mutex(descriptor)
                if !shared { Self.sign(descriptor) }
                return
            }
            close(descriptor)
        }
    }

    deinit { release() }

    /// Lets others have it, too, of one that nobody else could have.
    func share() {
        descriptor.withLock { held in
            guard let held else { return }
            // Between giving one up and getting the other, somebody may have had it for a moment.
            for _ in 0..<100 {
                if FileLock.take(held, shared: true) == .held { return }
                usleep(10_000)
            }
        }
    }

    /// Gives the lock back, and removes its file unless others have it, too.
    func release() {
        descriptor.withLock { descriptor in
            guard let held = descriptor.take() else { return }
            if FileLock.take(held) == .held { unlink(path) }
            close(held)
        }
    }

    /// Who has the lock of that file; nil if nobody has.
    static func holder(of path: String) -> Holder? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard FileLock.take(descriptor, shared: true) == .taken else { return nil }
        return Holder(process: process(descriptor))
    }

    private static func sign(_ descriptor: Int32) {
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    private static func process(_ descriptor: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
