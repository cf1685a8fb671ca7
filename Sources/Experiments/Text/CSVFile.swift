import Foundation
import Platform
import Synchronization

/// A CSV file to which finished rows are added one by one, and which is found again when it is opened.
///
/// One process at a time may hold it. A last row that was cut off is dropped when it is opened. Where
/// another program has saved it in its own way, rows are added in that way. What is no regular file, like a
/// pipe, gets header and rows, and has none of its own.
package final class CSVFile: Sendable {
    /// What the rows of an earlier version are turned into.
    package typealias Renewal = @Sendable (_ row: String) -> String

    private let path: String
    private let file: Descriptor
    /// The file as another program may have saved it; nil where it is as this one writes it.
    private let table = Mutex<CSVText?>(nil)
    private let content: Mutex<[String]>

    /// Opens the file, or begins it, and brings one of an earlier version up to date.
    /// - Parameters:
    ///   - what: what makes such files: "sweep".
    ///   - older: by the first lines that earlier versions wrote.
    package static func open(
        _ url: URL, header: String, what: String, older: [String: Renewal] = [:]
    ) throws -> CSVFile {
        let file = try CSVFile(url, what: what)
        guard try file.begin(header: header, what: what, older: older) else { return file }
        // The file of that name is another one now, and the lock is on the old one.
        let renewed = try CSVFile(url, what: what)
        _ = try renewed.begin(header: header, what: what, older: [:])
        return renewed
    }

    private init(_ url: URL, what: String) throws {
        path = url.relativePath
        if let reason = Folder.make(url.deletingLastPathComponent().path) {
            throw FileError(path, .written, reason: reason)
        }
        var status = stat()
        let isStream = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let access = isStream ? O_WRONLY | O_NOCTTY : O_RDWR | O_CREAT | O_APPEND
        let descriptor = Glibc.open(path, access | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(path, .written) }
        file = Descriptor(descriptor, isStream: isStream)
        content = Mutex([])
        guard !isStream else { return }
        switch FileLock.take(descriptor) {
        case .held: break
        case .taken:
            throw TableError.inUse(path: path, by: what)
        case .unavailable(let reason):
            throw FileError(
                path, .locked,
                reason: "\(reason): its file system has no locks; give --output a place that has")
        }
    }

    /// Reads what is there, or writes the header.
    /// - Returns: whether the file was one of an earlier version and has been replaced.
    private func begin(header: String, what: String, older: [String: Renewal]) throws -> Bool {
        guard !file.isStream else {
            try write(header + "\n")
            return false
        }
        let bytes = try InputFile.read(file.number, path)
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw TableError.utf16(path: path)
        }
        let end = bytes.contains(UInt8(ascii: "\n")) ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
        let whole = bytes.lastIndex(of: end).map { $0 + 1 } ?? 0
        let text = Array(bytes.prefix(whole))
        let found: CSVText?
        do throws(MissingColumn) {
            found = try CSVText(text, header: header)
        } catch {
            return try replace(text, heading: error.heading, header, what, older)
        }
        guard let found else {
            guard bytes.isEmpty || Data(header.utf8).starts(with: bytes) else {
                throw TableError.other(path: path, than: what)
            }
            try truncate(at: 0)
            try write(header + "\n")
            return false
        }
        try truncate(at: whole)
        table.withLock { $0 = found }
        content.withLock { $0 = found.rows }
        return false
    }

    /// Brings a table of an earlier version up to date, where there is a way.
    private func replace(
        _ text: [UInt8], heading: String, _ header: String, _ what: String,
        _ older: [String: Renewal]
    ) throws -> Bool {
        guard let update = older[heading] else {
            throw TableError.unknownHeading(path: path, of: what, found: heading)
        }
        let rows = try CSVText(text, header: heading)?.rows ?? []
        let renewed = ([header] + rows.map(update)).joined(separator: "\n") + "\n"
        try OutputFile.write(Array(renewed.utf8), to: path)
        return true
    }

    /// All rows, without the header.
    package var rows: [String] { content.withLock { $0 } }

    /// Whether it is no regular file, but a pipe or a device.
    package var isStream: Bool { file.isStream }

    /// Adds a row in one write, which is on the disk when this returns.
    package func append(_ row: String) throws { try append([row]) }

    /// Adds rows in one write.
    package func append(_ added: [String]) throws {
        try content.withLock { rows in
            let lines = added.map { row in table.withLock { $0?.line(row) } ?? row + "\n" }
            try write(lines.joined())
            rows += added
        }
    }

    private func write(_ text: String) throws {
        var code = writeAll(Array(text.utf8), to: file.number)
        if code == 0 { code = synchronizeFile(file.number) }
        guard code == 0 || code == EPIPE else { throw FileError(path, .written, code: code) }
    }

    private func truncate(at length: Int) throws {
        guard ftruncate(file.number, off_t(length)) == 0 else { throw FileError(path, .written) }
    }

    /// The open file, closed when this goes.
    private final class Descriptor: Sendable {
        let number: Int32
        let isStream: Bool

        init(_ number: Int32, isStream: Bool) {
            self.number = number
            self.isStream = isStream
        }

        deinit { close(number) }
    }
}
