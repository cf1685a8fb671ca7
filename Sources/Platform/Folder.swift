#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Folders of files.
package enum Folder {
    /// Makes a folder and those it lies in, and returns why not, in the system's words.
    package static func make(_ path: String) -> String? {
        if mkdir(path, 0o777) == 0 {
            _ = synchronize(parent(of: path))
            return nil
        }
        if errno == EEXIST { return isFolder(path) ? nil : systemReason(ENOTDIR) }
        let above = parent(of: path)
        guard errno == ENOENT, above != path else { return systemReason() }
        if let reason = make(above) { return reason }
        return mkdir(path, 0o777) == 0 || errno == EEXIST ? nil : systemReason()
    }

    /// The folder that a file lies in: "." for a bare name.
    package static func parent(of path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        path = path[..<slash]
        while path.hasSuffix("/") { path.removeLast() }
        return path.isEmpty ? "/" : String(path)
    }

    /// Waits until the names in a folder are on the disk: a file that has got its name there keeps it,
    /// whatever happens to the machine.
    /// - Returns: the system's code for why not; 0 where they are, or where nobody can say.
    package static func synchronize(_ path: String) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        let code = synchronizeFile(descriptor)
        return [EIO, ENOSPC, EDQUOT].contains(code) ? code : 0
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
