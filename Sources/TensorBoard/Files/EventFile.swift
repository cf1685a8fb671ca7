import Foundation
import Platform
import SwiftProtobuf

/// An event file that is written to: TensorBoard sees each write.
final class EventFile {
    /// Its path.
    let path: String
    private let descriptor: Int32
    /// How long it is.
    private var length: Int64 = 0

    /// Makes a file in a folder that is there; its name sorts behind those of the files that are.
    ///
    /// TensorBoard reads a folder's files in the order of their names, and turns to no earlier one again.
    /// - Parameter time: when that is.
    init(in folder: String, after others: [String], at time: Date) throws(TensorBoardError) {
        let latest = others.compactMap(Self.seconds).max()
        let seconds = max(Int64(time.timeIntervalSince1970), latest.map { $0 + 1 } ?? 0)
        (path, descriptor) = try Self.make(in: folder, from: seconds)
        do throws(TensorBoardError) {
            try write([.version(at: time)])
        } catch {
            unlink(path)
            throw error
        }
    }

    private static func make(
        in folder: String, from first: Int64
    ) throws(TensorBoardError) -> (path: String, descriptor: Int32) {
        let host = String((HostName.current ?? "localhost").map { $0 == "/" ? "-" : $0 })
        var seconds = first
        while true {
            let name = "\(prefix)\(seconds).\(host).\(getpid())"
            let path = URL(fileURLWithPath: folder).appending(path: name).relativePath
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return (path, descriptor) }
            guard errno == EEXIST else { throw .file(path: path, reason: systemReason()) }
            seconds += 1
        }
    }

    deinit { close(descriptor) }

    /// Writes events, all of them or none.
    func write(_ events: [WireEvent]) throws(TensorBoardError) {
        var bytes: [UInt8] = []
        for event in events {
            guard let data: [UInt8] = try? event.serializedBytes() else {
                preconditionFailure("an event without required fields can be written")
            }
            bytes += RecordFraming.framed(data)
        }
        let code = writeAll(bytes, to: descriptor)
        guard code == 0 else {
            // Readers go no further than a record that is not whole.
            _ = ftruncate(descriptor, off_t(length))
            _ = lseek(descriptor, off_t(length), SEEK_SET)
            throw .file(path: path, reason: systemReason(code))
        }
        length += Int64(bytes.count)
    }

    // MARK: Names

    private static let prefix = "events.out.tfevents."

    /// Whether a file of that name holds events.
    static func isNamed(_ name: String) -> Bool { name.hasPrefix(prefix) }

    /// When a file of that name was made; nil where it does not say, in no more than twelve digits.
    private static func seconds(_ name: String) -> Int64? {
        let digits = name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
        return digits.count > 12 ? nil : Int64(digits)
    }
}
