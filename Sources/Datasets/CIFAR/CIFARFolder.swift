import Foundation

/// Where CIFAR's binary files are.
struct CIFARFolder {
    let directory: String
    let kind: CIFARKind

    /// The folder at `path`, or the one under it that unpacking makes; nil where neither has files of
    /// CIFAR.
    init?(at path: String) {
        for kind in CIFARKind.allCases {
            for directory in [path, join(path, kind.folderName)] {
                let files = kind.trainFiles + [kind.testFile]
                if files.contains(where: { Self.path(of: $0, in: directory) != nil }) {
                    self.directory = directory
                    self.kind = kind
                    return
                }
            }
        }
        return nil
    }

    /// The path of a file, plain or with `.gz`; nil where it is not there.
    private static func path(of name: String, in directory: String) -> String? {
        [name, name + ".gz"].map { join(directory, $0) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The paths of files, in that order.
    /// - Throws: `DatasetError.missingCIFAR`.
    func paths(_ names: [String]) throws(DatasetError) -> [String] {
        let missing = names.filter { Self.path(of: $0, in: directory) == nil }
        guard missing.isEmpty else {
            throw .missingCIFAR(directory: directory, names: missing)
        }
        return names.compactMap { Self.path(of: $0, in: directory) }
    }

    /// Most bytes of the file of names.
    private static let namesLimit = 1 << 16

    /// What classes are called; empty where there is no file of it.
    /// - Throws: `DatasetError`.
    func classNames() throws(DatasetError) -> [String] {
        guard let path = Self.path(of: kind.namesFile, in: directory), !path.hasSuffix(".gz") else {
            return []
        }
        let text = String(
            decoding: try readFile(path, limit: Self.namesLimit), as: UTF8.self)
        let names = text.split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard names.count == kind.classCount else {
            throw .classNameCount(file: path, found: names.count, classes: kind.classCount)
        }
        return names
    }
}
