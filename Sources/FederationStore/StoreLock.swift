import Foundation
import Glibc
import Synchronization

/// The right to write to a store, held by one process at a time.
///
/// A file beside the store is locked with `flock`, so that the system gives the lock back whatever
/// the process dies of; the file holds the process's id for the message to whoever comes second,
/// and in a second line the run that it is in, for whoever reads the store meanwhile.
/// (A lock on the store's own file would not do: closing it drops those that SQLite holds.)
final class StoreLock: Sendable {
    private let path: String
    /// nil when it has been given back.
    private let descriptor: Mutex<Int32?>

    /// - Throws: `StoreError.inUse`, `.cannotOpen`.
    init(store: String) throws(StoreError) {
        path = store + "-lock"
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw .cannotOpen(path: store, reason: String(cString: strerror(errno)))
            }
            guard Self.take(descriptor) else {
                let reason = errno
                let process = Self.process(descriptor)
                close(descriptor)
                throw reason == EWOULDBLOCK
                    ? .inUse(path: store, process: process)
                    : .cannotOpen(path: store, reason: String(cString: strerror(reason)))
            }
            // Whoever held it may have removed the file in between; then this lock is on nothing.
            if Self.isSameFile(path, descriptor) {
                self.descriptor = Mutex(descriptor)
                Self.sign(descriptor)
                return
            }
            close(descriptor)
        }
    }

    deinit { release() }

    /// Gives the lock back and removes its file.
    func release() {
        descriptor.withLock { descriptor in
            guard let held = descriptor.take() else { return }
            unlink(path)
            close(held)
        }
    }

    /// Says which run is written to; nil for none.
    func note(run: String?) {
        descriptor.withLock { descriptor in
            if let descriptor { Self.sign(descriptor, run: run) }
        }
    }

    /// The run that the process which holds a store's lock is in; nil if no process holds it, or it is
    /// in none.
    static func runningRun(store: String) -> String? {
        let descriptor = open(store + "-lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // What a killed process leaves is a file without a lock. Whoever asks has the lock for a
        // moment then, which `take` waits for.
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        let lines = text(descriptor).split(separator: "\n")
        return lines.count > 1 ? String(lines[1]) : nil
    }

    /// Takes the lock, if no other process has it for more than a moment.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<5 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(10_000)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    private static func sign(_ descriptor: Int32, run: String? = nil) {
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n\(run.map { $0 + "\n" } ?? "")"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    private static func isSameFile(_ path: String, _ descriptor: Int32) -> Bool {
        var named = stat()
        var held = stat()
        return stat(path, &named) == 0 && fstat(descriptor, &held) == 0
            && named.st_ino == held.st_ino && named.st_dev == held.st_dev
    }

    private static func process(_ descriptor: Int32) -> Int? {
        text(descriptor).split(separator: "\n").first.flatMap { Int($0) }
    }

    private static func text(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
