#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes the files that a user asked for: whole or not at all, through to the disk.
///
/// A regular file is replaced by a new one under its name, which keeps the old one's mode; a new
/// file's mode is 666 less the umask. Links are followed. What is no regular file — /dev/null,
/// /dev/stdout, a pipe — is written to and stays what it is.
package enum OutputFile {
    /// Writes the bytes to where a path leads.
    /// - Throws: `FileError`; a regular file is as it was then.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String
    ) throws(FileError) {
        switch try OutputTarget(path) {
        case .descriptor(let descriptor):
            try pass(bytes, to: descriptor, path)
        case .stream(let place):
            let descriptor = open(place, O_WRONLY | O_NOCTTY | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileError(path, .written) }
            defer { close(descriptor) }
            try pass(bytes, to: descriptor, path)
        case .file(let place, let existing):
            try replace(place, existing, with: bytes, path)
        }
    }

    /// Writes the bytes to where a path leads.
    /// - Throws: `FileError`; a regular file is as it was then.
    package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let result: Result<Void, FileError> = bytes.withUnsafeBytes { raw in
            Result { () throws(FileError) in try write(raw, to: path) }
        }
        try result.get()
    }

    /// The regular file that a path leads to, its last links followed, be it there or not; nil for what
    /// is none.
    package static func destination(of path: String) -> String? {
        if case .file(let place, _)? = try? OutputTarget(path) { place } else { nil }
    }

    /// Whether a path leads to what is no regular file and will not become one.
    package static func isStream(_ path: String) -> Bool {
        switch try? OutputTarget(path) {
        case .descriptor, .stream: true
        case .file, nil: false
        }
    }

    /// Hands bytes on; a reader who has had enough and closed the pipe is no error.
    private static func pass(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
    ) throws(FileError) {
        let code = writeAll(bytes, to: descriptor)
        guard code == 0 || code == EPIPE else { throw FileError(path, .written, code: code) }
    }

    private static func replace(
        _ place: String, _ existing: stat?, with bytes: UnsafeRawBufferPointer, _ path: String
    ) throws(FileError) {
        // Renaming asks for the folder's consent only: a file that may not be written stays.
        if existing != nil, access(place, W_OK) != 0 { throw FileError(path, .written) }
        let folder = Folder.parent(of: place)
        removeAbandonedDrafts(in: folder)
        var draft = make(in: folder, existing, of: bytes)
        if draft.code == 0, SystemCalls.current.rename(draft.path, place) != 0 {
            draft.code = errno
        }
        if draft.code != 0 { unlink(draft.path) }
        if draft.lock >= 0 { close(draft.lock) }
        guard draft.code == 0 else { throw FileError(path, .written, code: draft.code) }
        let synchronized = Folder.synchronize(folder)
        guard synchronized == 0 else { throw FileError(path, .written, code: synchronized) }
    }

    /// A file that is to get another's name: where it is, why it is not whole (0 where it is), and the
    /// descriptor that locks it, negative for none.
    ///
    /// It is locked as long as it has a name of its own, which tells it from one that a killed process has
    /// left.
    private typealias Draft = (path: String, code: Int32, lock: Int32)

    /// Makes a file with these bytes, through to the disk.
    ///
    /// It has a name only when it is whole, where that can be.
    private static func make(
        in folder: String, _ existing: stat?, of bytes: UnsafeRawBufferPointer
    ) -> Draft {
        let nameless = open(folder, O_WRONLY | unnamedFile | O_CLOEXEC, 0o666)
        if nameless >= 0 {
            _ = FileLock.take(nameless)
            let draft = fill(nameless, draftPath(in: folder), existing, with: bytes)
            let origin = "/proc/self/fd/\(draft.lock)"
            if draft.code != 0
                || linkat(AT_FDCWD, origin, AT_FDCWD, draft.path, AT_SYMLINK_FOLLOW) == 0
            {
                return draft
            }
            close(draft.lock)
        }
        while true {
            let path = draftPath(in: folder)
            let named = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard named >= 0 else { return (path, errno, -1) }
            // Until it is locked, it looks like what nobody wants any more.
            if FileLock.take(named) != .taken, FileLock.isNamed(path, named) {
                return fill(named, path, existing, with: bytes)
            }
            close(named)
        }
    }

    /// Writes the bytes to a draft through to the disk, and closes the descriptor but for what locks it.
    private static func fill(
        _ descriptor: Int32, _ path: String, _ existing: stat?, with bytes: UnsafeRawBufferPointer
    ) -> Draft {
        if let existing {
            // Another's file stays theirs where that is allowed.
            _ = fchown(descriptor, existing.st_uid, existing.st_gid)
            _ = fchmod(descriptor, existing.st_mode & 0o7777)
        }
        let lock = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        var code = lock < 0 ? errno : writeAll(bytes, to: descriptor)
        if code == 0 { code = synchronizeFile(descriptor) }
        // A file system over a network may say only now that it has no room.
        if close(descriptor) != 0, code == 0 { code = errno }
        return (path, code, lock)
    }

    // MARK: What is left of killed processes

    private static let draftName = (prefix: ".federated-", suffix: ".partial")

    private static func draftPath(in folder: String) -> String {
        let number = UInt64.random(in: .min ... .max)
        return "\(folder)/\(draftName.prefix)\(number)\(draftName.suffix)"
    }

    /// Removes drafts of processes that were killed between making one and giving it its name: those that
    /// nobody has locked.
    private static func removeAbandonedDrafts(in folder: String) {
        guard let entries = opendir(folder) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(draftName.prefix), name.hasSuffix(draftName.suffix) else {
                continue
            }
            FileLock.removeUnlessLocked("\(folder)/\(name)")
        }
    }
}

#if os(Linux)
    /// O_TMPFILE, which no header hands to Swift; where it is not to be had, opening fails.
    private let unnamedFile = 0o20000000 | O_DIRECTORY
#else
    /// There is none: a folder can't be opened for writing.
    private let unnamedFile = O_DIRECTORY
#endif
