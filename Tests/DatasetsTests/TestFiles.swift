import CZlib
import Foundation
import Datasets

/// A folder that goes when the test does.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "datasets-" + UUID().uuidString
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and folders above it as needed; returns its path.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: file).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Names of what is directly in the folder `name`.
    func list(_ name: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + name)) ?? []).sorted()
    }
}

/// An IDX file; the dimensions need not be right.
func idx(_ dimensions: [UInt32], _ data: [UInt8]) -> [UInt8] {
    let words = [UInt32(0x800) + UInt32(dimensions.count)] + dimensions
    return words.flatMap { word in [24, 16, 8, 0].map { UInt8(word >> $0 & 0xFF) } } + data
}

/// One gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    _ = czlib_deflate_init(&stream, 6, 16 + 15)
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    let count = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            _ = deflate(&stream, Z_FINISH)
            return target.count - Int(stream.avail_out)
        }
    }
    return Array(output.prefix(count))
}

/// A dataset of 30 training and 10 test images of 3 × 2 pixels, as files.
enum Small {
    static func images(_ count: Int, height: Int = 3, width: Int = 2) -> [UInt8] {
        idx(
            [UInt32(count), UInt32(height), UInt32(width)],
            (0..<count * height * width).map { UInt8($0 % 251) })
    }

    static func labels(_ count: Int) -> [UInt8] {
        idx([UInt32(count)], (0..<count).map { UInt8($0 % 10) })
    }

    static let files: [IDXRole: [UInt8]] = [
        .trainImages: images(30), .trainLabels: labels(30), .testImages: images(10),
        .testLabels: labels(10),
    ]

    /// What passes for MNIST in tests.
    static var checksums: [IDXRole: String] { files.mapValues { sha256($0) } }

    /// Puts all four into a folder, but for those replaced.
    static func write(
        to folder: TemporaryFolder, under directory: String = "", compressed: Bool = false,
        replacing other: [IDXRole: [UInt8]] = [:]
    ) throws {
        for (role, bytes) in files {
            let bytes = other[role] ?? bytes
            try folder.write(
                compressed ? gzip(bytes) : bytes,
                to: directory + "/" + role.fileName + (compressed ? ".gz" : ""))
        }
    }
}

/// What an operation throws, or nil.
func failure(_ body: () throws(DatasetError) -> Void) -> DatasetError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}
