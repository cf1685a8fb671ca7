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
        let draft = "\(folder)/.federated-\(UInt64.random(in: .min ... .max)).partial"
        var code = make(draft, in: folder, existing, of: bytes)
        if code == 0, SystemCalls.current.rename(draft, place) != 0 { code = errno }
        guard code == 0 else {
            unlink(draft)
            throw FileError(path, .written, code: code)
        }
        let synchronized = Folder.synchronize(folder)
        guard synchronized == 0 else { throw FileError(path, .written, code: synchronized) }
    }

    /// Makes a file with these bytes, through to the disk.
    ///
    /// It has a name only when it is whole, where that can be: of a process that is killed while it writes
    /// nothing is left then.
    /// - Returns: 0, or the system's code.
    private static func make(
        _ draft: String, in folder: String, _ existing: stat?, of bytes: UnsafeRawBufferPointer
    ) -> Int32 {
        let nameless = open(folder, O_WRONLY | unnamedFile | O_CLOEXEC, 0o666)
        if nameless >= 0 {
            let code = fill(nameless, existing, with: bytes)
            let isNamed =
                code == 0
                && linkat(
                    AT_FDCWD, "/proc/self/fd/\(nameless)", AT_FDCWD, draft, AT_SYMLINK_FOLLOW) == 0
            let closing = close(nameless) == 0 ? 0 : errno
            if code != 0 || isNamed { return code == 0 ? closing : code }
        }
        let named = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard named >= 0 else { return errno }
        let code = fill(named, existing, with: bytes)
        // A file system over a network may say only now that it has no room.
        return close(named) != 0 && code == 0 ? errno : code
    }

    private static func fill(
        _ descriptor: Int32, _ existing: stat?, with bytes: UnsafeRawBufferPointer
    ) -> Int32 {
        if let existing {
            // Another's file stays theirs where that is allowed.
            _ = fchown(descriptor, existing.st_uid, existing.st_gid)
            _ = fchmod(descriptor, existing.st_mode & 0o7777)
        }
        let code = writeAll(bytes, to: descriptor)
        return code == 0 ? synchronizeFile(descriptor) : code
    }
}

#if os(Linux)
    /// O_TMPFILE, which no header hands to Swift; where it is not to be had, opening fails.
    private let unnamedFile = 0o20000000 | O_DIRECTORY
#else
    /// There is none: a folder can't be opened for writing.
    private let unnamedFile = O_DIRECTORY
#endif
