import Foundation
import Platform

/// The ways to read a store that this process may not write, in the order in which they are tried.
///
/// SQLite keeps the newest rounds in a file STORE-wal, and an index of it in STORE-shm, which every
/// reader must be able to make or to read. Where nobody may write, it is told that nothing changes; and
/// where there are newest rounds without an index, a copy is read in a folder of one's own.
enum ReadableStore {
    case asItIs
    case unchanging
    case copy

    /// The ways for a store, by what lies beside it.
    static func ways(_ path: String) -> [ReadableStore] {
        if size(path + "-wal") == 0 { return [.unchanging, .copy] }
        return access(path + "-shm", R_OK) == 0 ? [.asItIs, .copy] : [.copy]
    }

    /// What SQLite is to open.
    /// - Parameter folder: where a copy goes.
    func file(of path: String, copyingTo folder: () throws -> URL) throws -> String {
        switch self {
        case .asItIs: path
        case .unchanging: Self.address(path) + "?immutable=1"
        case .copy: try Self.copied(path, to: folder())
        }
    }

    /// Whether SQLite may write there.
    var isWritable: Bool { self == .copy }

    /// Copies a store with its newest rounds.
    static func copied(_ path: String, to folder: URL) throws -> String {
        let copy = folder.appending(path: "store.sqlite").path
        for ending in ["", "-wal"] where ending.isEmpty || size(path + ending) > 0 {
            try OutputFile.write(try InputFile.read(path + ending), to: copy + ending)
        }
        return copy
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// A path as SQLite's addresses have it.
    private static func address(_ path: String) -> String {
        let whole = URL(fileURLWithPath: path).path
        let plain = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "?#%;"))
        return "file://" + (whole.addingPercentEncoding(withAllowedCharacters: plain) ?? whole)
    }
}

/// A folder of one's own that is removed when it goes.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "federated-store-\(UUID().uuidString)")
        guard mkdir(url.path, 0o700) == 0 else { throw FileError(url.path, .written) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
