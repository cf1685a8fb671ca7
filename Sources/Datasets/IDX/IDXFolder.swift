import Foundation

/// Where the four files of a dataset are in a folder.
struct IDXFolder {
    let directory: String
    /// Each file's path below `directory`.
    private(set) var names: [IDXRole: String] = [:]

    /// Looks into `directory`; roles without a file are left out of `names`.
    ///
    /// MNIST's own names come first, the plain file before the compressed; without them, any one
    /// name that contains the stem and ends as IDX files do. A folder of such a name, as Kaggle packs
    /// MNIST, is looked into where there is no such file beside it.
    init(listing directory: String) throws(DatasetError) {
        self.directory = directory
        let present = try Self.list(directory)
        let (folders, files) = Self.divide(present, in: directory)
        for role in IDXRole.allCases {
            if let name = try Self.choose(role, from: files, directory: directory) {
                names[role] = name
            } else if let folder = try Self.choose(role, from: folders, directory: directory) {
                let inner = join(directory, folder)
                let (_, files) = Self.divide(try Self.list(inner), in: inner)
                names[role] = try Self.choose(role, from: files, directory: inner).map {
                    join(folder, $0)
                }
            }
        }
    }

    /// Which names are folders, and which are anything else.
    private static func divide(
        _ present: Set<String>, in directory: String
    ) -> (folders: Set<String>, files: Set<String>) {
        let folders = present.filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(
                atPath: join(directory, name), isDirectory: &isDirectory) && isDirectory.boolValue
        }
        return (folders, present.subtracting(folders))
    }

    /// The roles that no file was found for.
    var missing: [IDXRole] { IDXRole.allCases.filter { names[$0] == nil } }

    /// The path of the file for `role`, where there is one.
    func path(_ role: IDXRole) -> String? { names[role].map { join(directory, $0) } }

    private static func list(_ directory: String) throws(DatasetError) -> Set<String> {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) else {
            throw .missingDirectory(path: directory)
        }
        guard isDirectory.boolValue else { throw .notADirectory(path: directory) }
        do {
            return Set(try FileManager.default.contentsOfDirectory(atPath: directory))
        } catch {
            throw .unreadable(file: directory, reason: "the folder cannot be listed")
        }
    }

    private static func choose(
        _ role: IDXRole, from present: Set<String>, directory: String
    ) throws(DatasetError) -> String? {
        if let preferred = role.preferredNames.first(where: present.contains) { return preferred }
        let matches = present.filter { name in
            let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
            return plain.hasSuffix(role.suffix) && role.stems.contains { plain.contains($0) }
        }
        // A file and its own compressed form are one candidate.
        let candidates = matches.filter { name in
            !(name.hasSuffix(".gz") && matches.contains(String(name.dropLast(3))))
        }
        if candidates.count > 1 {
            throw .ambiguousFiles(
                directory: directory, role: role, candidates: candidates.sorted())
        }
        return candidates.first
    }
}

/// `name` under `directory`.
func join(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
}
