#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a file cannot be read, written or locked: one sentence with the path and the system's reason.
package struct FileError: Error, Equatable, Sendable {
    /// What was tried.
    package enum Attempt: String, Sendable {
        case read, written, locked
    }

    /// The file, as it was given.
    package var path: String
    /// What was tried.
    package var attempt: Attempt
    /// The system's words, or a clause of ours.
    package var reason: String

    /// A sentence of ours.
    package init(_ path: String, _ attempt: Attempt, reason: String) {
        self.path = path
        self.attempt = attempt
        self.reason = reason
    }

    /// The system's words for an error's code.
    package init(_ path: String, _ attempt: Attempt, code: Int32 = errno) {
        self.init(path, attempt, reason: systemReason(code))
    }
}

extension FileError: CustomStringConvertible {
    package var description: String { "\(path) cannot be \(attempt.rawValue): \(reason)" }
}

/// The system's words for an error's code, by default the last one's.
package func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
