import Foundation

/// Where named arrays are: an `.npz` archive, or a folder of `.npy` files.
enum ArrayPlace {
    /// An archive that has been opened.
    case archive(ZipArchive)
    /// A folder.
    case folder(String)

    /// Most bytes of an archive: 4 GiB.
    static let archiveLimit = 1 << 32

    /// Opens the archive at `path`.
    /// - Throws: `DatasetError`.
    init(npz path: String) throws(DatasetError) {
        self = .archive(try ZipArchive(readFile(path, limit: Self.archiveLimit), path: path))
    }

    /// What sentences call it.
    var path: String {
        switch self {
        case .archive(let archive): archive.path
        case .folder(let path): path
        }
    }

    /// The names of its arrays.
    /// - Throws: `DatasetError.unreadable`.
    func names() throws(DatasetError) -> Set<String> {
        let files: [String]
        switch self {
        case .archive(let archive): files = archive.entries.map(\.name)
        case .folder(let path):
            do {
                files = try FileManager.default.contentsOfDirectory(atPath: path)
            } catch {
                throw .unreadable(file: path, reason: "the folder cannot be listed")
            }
        }
        return Set(files.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) })
    }

    /// Bytes that an archive takes for the array of that name; nil for a folder.
    func storedBytes(_ name: String) -> Int? {
        guard case .archive(let archive) = self else { return nil }
        return archive.entries.first { $0.name == name + ".npy" }?.storedBytes
    }

    /// Reads the array of that name.
    /// - Throws: `DatasetError`.
    func read(
        _ name: String, as role: NumberArray.Role
    ) throws(DatasetError) -> NumberArray {
        switch self {
        case .folder(let path): return try NPY.read(join(path, name + ".npy"), as: role)
        case .archive(let archive):
            let entries = archive.entries.filter { $0.name == name + ".npy" }
            guard let entry = entries.first else {
                throw .missingArrays(
                    place: path, found: try names().sorted().prefix(20).map(\.self), missing: name)
            }
            guard entries.count == 1 else {
                throw .ambiguousArrays(place: path, names: entries.map(\.name))
            }
            // Deflate makes no more than 1032 bytes of one.
            let ahead = min(
                entry.byteCount, entry.storedBytes.multipliedReportingOverflow(by: 1032).0)
            var decoder = NPYDecoder(
                name: "\(path): \(name)", role: role, bytesAhead: max(ahead, 0))
            try archive.read(entry) { piece throws(DatasetError) in try decoder.append(piece) }
            return try decoder.finish()
        }
    }
}
