#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension InputFile {
    /// All bytes of a file, or all that comes through a pipe, if they are no more than so many.
    /// - Throws: `FileError`, with a clause of ours where there are more.
    package static func read(_ path: String, byteLimit: Int) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .read) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(path, .read) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw FileError(path, .read, reason: "it is no file")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(max(Int(status.st_size), 0), byteLimit))
        // A device may never end: what there is of it beyond the limit is not read.
        var part = [UInt8](repeating: 0, count: min(byteLimit + 1, 1 << 20))
        while bytes.count <= byteLimit {
            let got = part.withUnsafeMutableBytes { systemRead(descriptor, $0) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileError(path, .read) }
            if got == 0 { return bytes }
            bytes += part[..<got]
        }
        throw FileError(path, .read, reason: "it has more than \(Text.count(byteLimit)) bytes")
    }
}

// Inside the enumeration the name is its own function's.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}
