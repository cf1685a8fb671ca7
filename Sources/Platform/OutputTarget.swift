#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the path of an output leads, once its links have been followed.
enum OutputTarget {
    /// A regular file, or nothing yet.
    case file(path: String, existing: stat?)
    /// A device, a pipe or a socket.
    case stream(path: String)
    /// A descriptor of this very process, as /dev/stdout names it.
    case descriptor(Int32)

    private static let linkLimit = 40

    init(_ path: String) throws(FileError) {
        var place = path
        for _ in 0..<Self.linkLimit {
            var status = stat()
            guard lstat(place, &status) == 0 else {
                guard errno == ENOENT else { throw FileError(path, .written) }
                self = .file(path: place, existing: nil)
                return
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                self = .file(path: place, existing: status)
                return
            case S_IFDIR: throw FileError(path, .written, code: EISDIR)
            case S_IFLNK:
                if let descriptor = Self.descriptor(at: place) {
                    self = .descriptor(descriptor)
                    return
                }
                place = try Self.followed(place, of: path)
            default:
                self = .stream(path: place)
                return
            }
        }
        throw FileError(path, .written, code: ELOOP)
    }

    /// What a link says, as seen from here.
    private static func followed(_ link: String, of path: String) throws(FileError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        guard count > 0 else { throw FileError(path, .written) }
        let target = String(
            decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return target.hasPrefix("/") ? target : Folder.parent(of: link) + "/" + target
    }

    /// The descriptor of this process that a link in /proc is; nil for any other link.
    ///
    /// Opened anew by its name, a regular file behind it would be written from its beginning, and one
    /// that is replaced would no longer be the file that the shell has opened.
    private static func descriptor(at link: String) -> Int32? {
        guard let name = link.split(separator: "/").last, let number = Int32(name),
            let folder = realpath(Folder.parent(of: link), nil)
        else { return nil }
        defer { free(folder) }
        let parts = String(cString: folder).split(separator: "/")
        guard parts.count >= 3, parts[0] == "proc", parts[1] == "\(getpid())",
            parts.last == "fd"
        else { return nil }
        return number
    }
}
