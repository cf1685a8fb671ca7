#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes all of it to a descriptor, in as many calls as that takes.
/// - Returns: the system's code for why not; 0 where all is written.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    let write = SystemCalls.current.write
    var rest = bytes[...]
    while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let count = write(descriptor, part.baseAddress, part.count)
        if count > 0 {
            rest = rest.dropFirst(count)
            continue
        }
        let code = count == 0 ? ENOSPC : errno
        switch code {
        case EINTR: continue
        case EAGAIN:
            // Whoever started this program may have made its output one that does not wait.
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&wanted, 1, -1)
        default: return code
        }
    }
    return 0
}

/// Writes all of it to a descriptor.
/// - Returns: the system's code for why not; 0 where all is written.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
}

/// Waits until a file's content is on the disk, as far as its file system can say.
/// - Returns: the system's code for why not; 0 where it is.
package func synchronizeFile(_ descriptor: Int32) -> Int32 {
    while SystemCalls.current.synchronize(descriptor) != 0 {
        switch errno {
        case EINTR: continue
        // Devices and some file systems have nothing to wait for.
        case EINVAL, ENOTSUP, ENOSYS, EROFS: return 0
        default: return errno
        }
    }
    return 0
}
