#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads files whole, with the system's reason where that cannot be.
package enum InputFile {
    /// All bytes of a file, or all that comes through a pipe until its end.
    /// - Throws: `FileError`.
    package static func read(_ path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .read) }
        defer { close(descriptor) }
        return try read(descriptor, path)
    }

    /// What is left to read of a descriptor.
    /// - Parameter path: what an error calls it.
    package static func read(_ descriptor: Int32, _ path: String) throws(FileError) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path, .read) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw FileError(path, .read, reason: "it is no file")
        }
        var bytes: [UInt8] = []
        // One byte more than it has, so that the end of a regular file is seen at once.
        var room = max(1 << 16, Int(status.st_size) + 1)
        while true {
            var failure: Int32 = 0
            let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                while count < room {
                    let rest = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                    let got = systemRead(descriptor, rest.baseAddress, rest.count)
                    if got < 0, errno == EINTR { continue }
                    if got < 0 { failure = errno }
                    if got <= 0 { return }
                    count += got
                }
            }
            if failure != 0 { throw FileError(path, .read, code: failure) }
            if bytes.isEmpty { bytes = part } else { bytes += part }
            if part.count < room { return bytes }
            room = 1 << 20
        }
    }
}

// Inside the enumeration the name is its own function's.
private func systemRead(
    _ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int
) -> Int {
    read(descriptor, buffer, count)
}
