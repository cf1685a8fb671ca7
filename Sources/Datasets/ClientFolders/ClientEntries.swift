import Foundation

/// What a folder has for each client.
struct ClientEntries {
    /// One client's file or folder.
    struct Entry {
        /// The file's name without its ending, or the folder's.
        let name: String
        let path: String
        let isTable: Bool
    }

    /// In rising order of the names: as numbers if all are whole numbers, as text otherwise.
    let entries: [Entry]

    /// Looks into `directory`; hidden files do not count.
    init(_ directory: String) throws(DatasetError) {
        guard let present = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: directory, isDirectory: &isFolder) else {
                throw .missingDirectory(path: directory)
            }
            throw isFolder.boolValue
                ? .unreadable(file: directory, reason: "the folder cannot be listed")
                : .notADirectory(path: directory)
        }
        let found = present.filter { !$0.hasPrefix(".") }.sorted()
            .map { Self.entry($0, in: directory) }
        guard !found.isEmpty else { throw .clientFolder(.noClients(directory: directory)) }
        var seen: Set<String> = []
        for entry in found where !seen.insert(entry.name).inserted {
            throw .clientFolder(.repeatedClient(directory: directory, name: entry.name))
        }
        entries = OwnerOrder.sorted(found.map { ArraySlice($0.name.utf8) }).map { found[$0] }
    }

    private static func entry(_ name: String, in directory: String) -> Entry {
        let path = join(directory, name)
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if isFolder.boolValue {
            return Entry(name: name, path: path, isTable: TableFiles.train(in: path) != nil)
        }
        // The longest first.
        for ending in TableFiles.endings.sorted(by: { $0.count > $1.count })
        where name.lowercased().hasSuffix(ending) {
            return Entry(name: String(name.dropLast(ending.count)), path: path, isTable: true)
        }
        let stem = name.lowercased().hasSuffix(".npz") ? String(name.dropLast(4)) : name
        return Entry(name: stem, path: path, isTable: false)
    }
}
