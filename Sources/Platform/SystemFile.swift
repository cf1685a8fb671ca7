import Glibc

/// Small files in which Linux tells of itself, like those under /proc.
enum SystemFile {
    /// Bytes that are read at most.
    private static let limit = 1 << 20

    /// The file's text; empty where there is none that can be read.
    static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Its lines, without empty ones.
    static func lines(_ path: String) -> [Substring] {
        text(path).split(whereSeparator: \.isNewline)
    }

    /// Its words.
    static func words(_ path: String) -> [Substring] {
        text(path).split(whereSeparator: \.isWhitespace)
    }

    /// The number behind a name, in a file of lines NAME NUMBER or NAME: NUMBER.
    static func number(_ name: String, in path: String) -> Int? {
        for line in lines(path) {
            let words = line.split { $0.isWhitespace || $0 == ":" }
            if words.count >= 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
