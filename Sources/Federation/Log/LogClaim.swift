import Foundation
import Glibc

/// A base name that belongs to one run, until it is written or dropped.
///
/// While it lives, a hidden file `.<base>.json.partial` holds the name; the log is written into it
/// and appears whole or not at all. What a killed process leaves is that hidden file.
public struct LogClaim: ~Copyable, Sendable {
    /// The name without its ending.
    public let base: String
    private let folder: URL
    private let partial: String
    private let descriptor: Int32

    init(folder: URL, base: String, partial: String, descriptor: Int32) {
        self.folder = folder
        self.base = base
        self.partial = partial
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        unlink(partial)
    }

    /// Where the log will be.
    public var logFile: URL { folder.appendingPathComponent(base + ".json") }
    /// Where the caller may put the model, beside the log.
    public var modelFile: URL { folder.appendingPathComponent(base + ".safetensors") }

    /// Whether a log or model of that name is there already.
    var isTaken: Bool {
        [logFile, modelFile].contains { url in
            var status = stat()
            return lstat(url.path, &status) == 0
        }
    }

    /// Writes the log under its name, whole or not at all, and never over another file.
    /// - Returns: the log's file.
    /// - Throws: `RunLogError.cannotWrite`; nothing is left then.
    @discardableResult
    public consuming func write(_ log: RunLog) throws(RunLogError) -> URL {
        let file = logFile
        let descriptor = descriptor
        try log.write { (bytes) throws(RunLogError) in
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes { bytes in
                    Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    throw .cannotWrite(path: file.path, reason: systemReason())
                }
                written += count
            }
        }
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw .cannotWrite(path: file.path, reason: systemReason())
        }
        guard publish(partial, as: file.path) else {
            throw .cannotWrite(path: file.path, reason: systemReason())
        }
        return file
    }
}

/// Gives a file a name that no file has; false with `errno` set if one has it.
///
/// `link`, unlike `rename`, refuses to replace a file. File systems without hard links get an empty
/// file first, which only one can make, and which is then replaced.
private func publish(_ partial: String, as path: String) -> Bool {
    if link(partial, path) == 0 { return true }
    guard [EPERM, EOPNOTSUPP, ENOSYS].contains(errno) else { return false }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    if rename(partial, path) == 0 { return true }
    let reason = errno
    unlink(path)
    errno = reason
    return false
}
