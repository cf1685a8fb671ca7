import Foundation
import Glibc
import Platform

/// A base name that belongs to one run, until it is written or dropped.
///
/// While it lives, a hidden file `.<base>.json.partial` holds the name; the log is written into it
/// and appears whole or not at all. The hidden file is locked, so that of a killed process's nobody
/// holds back: whoever comes next has it.
public struct LogClaim: ~Copyable, Sendable {
    /// The name without its ending.
    public let base: String
    private let folder: URL
    private let partial: String
    private let descriptor: Int32
    /// Whether a log of that name is to make way for this one.
    private let replaces: Bool

    init(folder: URL, base: String, partial: String, descriptor: Int32, replaces: Bool) {
        self.folder = folder
        self.base = base
        self.partial = partial
        self.descriptor = descriptor
        self.replaces = replaces
    }

    deinit {
        // Where there are no links, it has become the log, and the name may be somebody else's by now.
        if FileLock.isNamed(partial, descriptor) { unlink(partial) }
        close(descriptor)
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

    /// Writes the log under its name, whole or not at all, through to the disk, and over no other file
    /// than the one that was claimed to be replaced.
    /// - Returns: the log's file.
    /// - Throws: `RunLogError.cannotWrite`; nothing is left then.
    @discardableResult
    public consuming func write(_ log: RunLog) throws(RunLogError) -> URL {
        let file = logFile
        let (descriptor, folder) = (descriptor, folder)
        func check(_ code: Int32) throws(RunLogError) {
            guard code == 0 else { throw .cannotWrite(path: file.path, reason: systemReason(code)) }
        }
        try log.write { (bytes) throws(RunLogError) in
            try check(writeAll(bytes, to: descriptor))
        }
        try check(synchronizeFile(descriptor))
        try check(publish(partial, as: file.path, replacing: replaces))
        // The model lies beside it: both names are on the disk when this returns.
        try check(Folder.synchronize(folder.path))
        return file
    }
}

/// Gives a file a name that no file has, or that it takes over from one.
///
/// `link`, unlike `rename`, refuses to replace a file. File systems without hard links get an empty
/// file first, which only one can make, and which is then replaced.
/// - Returns: the system's code for why not; 0 where the file has the name.
private func publish(_ partial: String, as path: String, replacing: Bool) -> Int32 {
    let calls = SystemCalls.current
    if replacing {
        // The partial file stays meanwhile: it is what keeps others from the name.
        let second = partial + ".new"
        unlink(second)
        let draft = calls.link(partial, second) == 0 ? second : partial
        if calls.rename(draft, path) == 0 { return 0 }
        let code = errno
        unlink(second)
        return code
    }
    if calls.link(partial, path) == 0 { return 0 }
    guard [EPERM, EOPNOTSUPP, ENOSYS].contains(errno) else { return errno }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return errno }
    close(descriptor)
    if calls.rename(partial, path) == 0 { return 0 }
    let code = errno
    unlink(path)
    return code
}
