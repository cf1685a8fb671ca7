import Foundation

/// What has come through a pipe, line by line.
struct LineBuffer {
    private var bytes: [UInt8] = []
    private var start = 0
    /// A line beyond this is handed on in pieces.
    private static let limit = 1 << 16

    /// Whether a whole line is there.
    var hasLine: Bool { bytes[start...].contains(UInt8(ascii: "\n")) }

    /// Takes in what there is to read of a descriptor that does not wait.
    /// - Returns: whether more may come.
    mutating func fill(from descriptor: Int32) -> Bool {
        bytes.removeFirst(start)
        start = 0
        var part = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < Self.limit * 4 {
            let count = read(descriptor, &part, part.count)
            if count > 0 {
                bytes += part[..<count]
                continue
            }
            if count < 0, errno == EINTR { continue }
            return count < 0 && errno == EAGAIN
        }
        return true
    }

    /// The next line without its end; nil where none is whole.
    /// - Parameter isOver: whether no more will come, so that what is there is a line.
    mutating func next(atEnd isOver: Bool = false) -> [UInt8]? {
        let rest = bytes[start...]
        if let end = rest.prefix(Self.limit).firstIndex(of: UInt8(ascii: "\n")) {
            defer { start = end + 1 }
            return Array(bytes[start..<end])
        }
        guard !rest.isEmpty, isOver || rest.count >= Self.limit else { return nil }
        let end = min(bytes.count, start + Self.limit)
        defer { start = end }
        return Array(bytes[start..<end])
    }
}
