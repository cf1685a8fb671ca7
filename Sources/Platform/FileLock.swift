#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Locks on open files that the system gives back whatever their process dies of: `flock`.
package enum FileLock {
    /// What came of trying to lock.
    package enum Answer: Equatable, Sendable {
        /// It is this descriptor's.
        case held
        /// Somebody else holds it.
        case taken
        /// The file system has no locks, or none left; the system's words.
        case unavailable(reason: String)
    }

    /// Tries to lock an open file, without waiting.
    /// - Parameter shared: whether others may hold it so, too.
    package static func take(_ descriptor: Int32, shared: Bool = false) -> Answer {
        while SystemCalls.current.lock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return .taken
            default: return .unavailable(reason: systemReason())
            }
        }
        return .held
    }

    /// Whether a path still leads to an open file, links followed: of a lock's file, whoever held it before
    /// may have removed it in between.
    package static func isNamed(_ path: String, _ descriptor: Int32) -> Bool {
        var named = stat()
        var held = stat()
        return stat(path, &named) == 0 && fstat(descriptor, &held) == 0
            && named.st_ino == held.st_ino && named.st_dev == held.st_dev
    }

    /// Removes a file that is locked as long as somebody wants it, if nobody does: a killed process's.
    package static func removeUnlessLocked(_ path: String) {
        let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        if take(descriptor) == .held, isNamed(path, descriptor) { unlink(path) }
        close(descriptor)
    }
}
