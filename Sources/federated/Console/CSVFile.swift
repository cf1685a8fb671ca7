import Foundation
import Synchronization

/// A CSV file to which finished rows are added one by one, and which is found again when it is opened.
///
/// One process at a time may hold it. A last row that was cut off is dropped when it is opened. Where
/// another program has saved it in its own way, rows are added in that way.
final class CSVFile: Sendable {
    private let file: FileHandle
    private let table: CSVText?
    private let content: Mutex<[String]>

    /// Opens the file, or begins it.
    /// - Parameter what: what makes such files: "sweep".
    init(_ url: URL, header: String, what: String) throws {
        let path = url.relativePath
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(message: "\(path) cannot be written: its folder cannot be made")
        }
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(
                message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandFailure(message: "\(path) is being written by another \(what)")
        }
        let bytes = try file.readToEnd() ?? Data()
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw CommandFailure(
                message: "\(path) is UTF-16, to which no row can be added: save it as UTF-8")
        }
        let end = bytes.contains(UInt8(ascii: "\n")) ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
        let whole = bytes.lastIndex(of: end).map { $0 + 1 } ?? 0
        do throws(MissingColumn) {
            table = try CSVText([UInt8](bytes.prefix(whole)), header: header)
        } catch {
            throw CommandFailure(
                message:
                    "\(path) is no \(what) of this version: its first line is “\(error.heading)”"
            )
        }
        if let table {
            try file.truncate(atOffset: UInt64(whole))
            content = Mutex(table.rows)
        } else {
            guard bytes.isEmpty || Data(header.utf8).starts(with: bytes) else {
                throw CommandFailure(message: "\(path) is no \(what): it holds something else")
            }
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data((header + "\n").utf8))
            content = Mutex([])
        }
    }

    /// All rows, without the header.
    var rows: [String] { content.withLock { $0 } }

    /// Adds a row in one write, which is on the disk when this returns.
    func append(_ row: String) throws {
        try content.withLock { rows in
            try file.write(contentsOf: Data((table?.line(row) ?? row + "\n").utf8))
            try file.synchronize()
            rows.append(row)
        }
    }
}
