import Foundation
import Platform

/// The folder that logs go to.
public struct LogDirectory: Hashable, Sendable {
    /// The folder.
    public let url: URL

    /// The folder at a path; it is made when it is first needed.
    public init(_ url: URL) {
        self.url = url
    }

    /// Makes the folder if it is missing and tries whether a file can be written there: to be
    /// called before hours of training.
    /// - Throws: `RunLogError.folderNotWritable`.
    public func checkWritable() throws(RunLogError) {
        if let reason = Folder.make(url.standardizedFileURL.path) {
            throw .folderNotWritable(path: url.path, reason: reason)
        }
        let trial = url.appendingPathComponent(".trial-\(UUID().uuidString)").path
        let descriptor = open(trial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .folderNotWritable(path: url.path, reason: systemReason())
        }
        close(descriptor)
        unlink(trial)
    }

    /// Claims the base name `<UTC %Y%m%d_%H%M%S>` of `date`, or that with _2, _3 … if it is taken:
    /// no other process or thread gets the same one while the claim lives, and neither a `.json`
    /// nor a `.safetensors` file of that name exists.
    /// - Throws: `RunLogError.folderNotWritable`.
    public func claim(at date: Date) throws(RunLogError) -> LogClaim {
        try checkWritable()
        let stamp = Self.stamp(date)
        var number = 1
        while true {
            let base = number == 1 ? stamp : "\(stamp)_\(number)"
            // A log appears under its name before its partial file vanishes, so whoever holds the
            // partial file sees every log of that name.
            if let claim = try claim(base: base, replaces: false), !claim.isTaken { return claim }
            number += 1
        }
    }

    /// Claims the base name of a log that is there, to put another in its place.
    /// - Returns: nil while somebody else has claimed it.
    /// - Throws: `RunLogError.folderNotWritable`.
    package func claim(replacing base: String) throws(RunLogError) -> LogClaim? {
        try checkWritable()
        return try claim(base: base, replaces: true)
    }

    private func claim(base: String, replaces: Bool) throws(RunLogError) -> LogClaim? {
        let partial = url.appendingPathComponent(".\(base).json.partial").path
        // A killed process's may be a log's second name.
        FileLock.removeUnlessLocked(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            if errno == EEXIST { return nil }
            throw .folderNotWritable(path: url.path, reason: systemReason())
        }
        // Until it is locked, it looks abandoned.
        guard FileLock.take(descriptor) != .taken, FileLock.isNamed(partial, descriptor) else {
            close(descriptor)
            return nil
        }
        return LogClaim(
            folder: url, base: base, partial: partial, descriptor: descriptor, replaces: replaces)
    }

    /// `date` in UTC as %Y%m%d_%H%M%S.
    public static func stamp(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int32, _ count: Int) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(count - text.count, 0)) + text
        }
        return digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2)
            + digits(parts.tm_mday, 2) + "_" + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2)
            + digits(parts.tm_sec, 2)
    }
}
