import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's word for the last error.
func lastSystemError() -> String { String(cString: strerror(errno)) }

/// The whole of an ordinary file of at most `limit` bytes.
package func readFile(_ path: String, limit: Int) throws(DatasetError) -> [UInt8] {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(file: path, reason: lastSystemError()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        throw .unreadable(file: path, reason: lastSystemError())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw .unreadable(file: path, reason: "it is not an ordinary file")
    }
    guard status.st_size <= limit else { throw .fileTooLarge(file: path, limit: limit) }
    var failure: String?
    let size = Int(status.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size {
            let got = read(descriptor, buffer.baseAddress! + count, size - count)
            if got < 0, errno == EINTR { continue }
            if got < 0 { failure = lastSystemError() }
            if got <= 0 { return }
            count += got
        }
    }
    if let failure { throw .unreadable(file: path, reason: failure) }
    return bytes
}

/// Puts `bytes` at `path` so that there is the whole file or none, whatever happens meanwhile.
///
/// Each writer has a temporary file of its own in the same folder, so several may write at once.
package func writeFileAtomically(_ bytes: [UInt8], to path: String) throws(DatasetError) {
    do {
        try OutputFile.write(bytes, to: path)
    } catch {
        throw .unwritable(path: path, reason: error.reason)
    }
}
