#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The descriptors 0, 1 and 2, and the signals that writing raises.
package enum StandardStreams {
    /// Makes them safe to use: to be called before anything else is opened.
    ///
    /// Where one was closed, the next file or pipe that is opened would get its number, and be written
    /// to as if it were the screen: /dev/null takes its place. A pipe that nobody reads any more and a
    /// file that may not grow become errors of writing instead of signals that end the process.
    package static func prepare() {
        for descriptor: Int32 in 0..<3
        where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // Inherited by programs that this one starts, as any standard stream is.
            let opened = open("/dev/null", O_RDWR)
            guard opened >= 0, opened != descriptor else { continue }
            dup2(opened, descriptor)
            close(opened)
        }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}
