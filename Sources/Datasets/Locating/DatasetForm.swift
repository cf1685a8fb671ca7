import Foundation

/// What sort of data are at a path, as a look at names and first bytes tells.
package enum DatasetForm: String, CaseIterable, Sendable {
    /// The four files of an IDX data set in a folder.
    case idx
    /// CIFAR's binary files in a folder.
    case cifar
    /// An `.npz` file, or `.npy` files in a folder.
    case arrays
    /// A CSV or TSV file, or a folder with `train.csv`.
    case table
    /// A JSON file of LEAF's, or a folder of them.
    case leaf
    /// A folder with a file or a folder for each client.
    case clientFolder

    /// What can be read, for error sentences.
    static let words =
        "an .npz file, a .csv or .tsv file, LEAF's .json, or a folder with IDX files, with CIFAR's "
        + "binary files, with .npy files, or with a file or a folder for each client"

    /// A phrase for error sentences.
    var description: String {
        switch self {
        case .idx: "a folder of IDX files"
        case .cifar: "a folder of CIFAR's binary files"
        case .arrays: "arrays of numpy"
        case .table: "a table"
        case .leaf: "LEAF's JSON"
        case .clientFolder: "a folder with a file for each client"
        }
    }

    /// Looks at what is at `path`.
    /// - Throws: `DatasetError.missingPath` where there is nothing, `unknownForm` where it is nothing
    ///   of these, `ambiguousFiles` where several IDX files could be the one.
    package init(at path: String) throws(DatasetError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw .missingPath(path)
        }
        let found = try isDirectory.boolValue ? Self.ofFolder(path) : Self.ofFile(path)
        guard let found else { throw .unknownForm(path: path) }
        self = found
    }

    /// The form of a file; nil for none.
    private static func ofFile(_ path: String) throws(DatasetError) -> DatasetForm? {
        if let form = ofFile(named: path) { return form }
        // What has another name may be known by how it begins.
        let start = try OpenFile(path, limit: .max).beginning(4)
        if start == [0x50, 0x4B, 0x03, 0x04] { return .arrays }
        return start.first == UInt8(ascii: "{") ? .leaf : nil
    }

    /// The form that a file's name tells.
    private static func ofFile(named name: String) -> DatasetForm? {
        let name = name.lowercased()
        let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
        if [".csv", ".tsv"].contains(where: plain.hasSuffix) { return .table }
        if name.hasSuffix(".npz") { return .arrays }
        return name.hasSuffix(".json") ? .leaf : nil
    }

    /// The form of a folder; nil for none.
    private static func ofFolder(_ path: String) throws(DatasetError) -> DatasetForm? {
        if try !IDXFolder(listing: path).names.isEmpty { return .idx }
        if CIFARFolder(at: path) != nil { return .cifar }
        let names = try list(path)
        if names.contains(where: { $0.hasSuffix(".npy") }) { return .arrays }
        let tables = ["train.csv", "train.tsv"].flatMap { [$0, $0 + ".gz"] }
        if tables.contains(where: names.contains) { return .table }
        if names.contains(where: { $0.lowercased().hasSuffix(".json") }) { return .leaf }
        for inner in ["train", "data/train"] {
            let files = (try? list(join(path, inner))) ?? []
            if files.contains(where: { $0.lowercased().hasSuffix(".json") }) { return .leaf }
        }
        let clients = names.contains { name in
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(
                atPath: join(path, name), isDirectory: &isDirectory)
            return isDirectory.boolValue || ofFile(named: name) != nil
        }
        return clients ? .clientFolder : nil
    }

    /// Names in a folder, but for hidden ones.
    private static func list(_ path: String) throws(DatasetError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { !$0.hasPrefix(".") }
        } catch {
            throw .unreadable(file: path, reason: "the folder cannot be listed")
        }
    }

    /// Refuses options that data of this form have no use for.
    /// - Parameter words: what errors say that the data are; nil for the form.
    func check(
        _ options: DatasetOptions, path: String, as words: String? = nil
    ) throws(DatasetError) {
        let takesColumns = self == .table || self == .clientFolder
        let useless: String? =
            if options.labelColumn != nil, !takesColumns {
                "--label"
            } else if options.clientColumn != nil, self != .table {
                "--client-column"
            } else if options.testFraction != nil, self == .idx || self == .cifar {
                "--test-fraction"
            } else {
                nil
            }
        if let useless {
            throw .uselessOption(useless, path: path, form: words ?? description)
        }
    }
}

extension Dataset {
    /// Reads what is at `path`, whatever form it has, but for a folder with a file for each client, whose
    /// files are read by this.
    ///
    /// Images are as the files have them: whoever calls this transposes them.
    /// - Parameters:
    ///   - isPart: whether these are one client's samples among others', so that classes may be missing and
    ///     a single sample is enough.
    ///   - notes: gains sentences on what was chosen.
    /// - Throws: `DatasetError`.
    package init(
        at path: String, form: DatasetForm, options: DatasetOptions, isPart: Bool = false,
        notes: inout [String]
    ) throws(DatasetError) {
        try form.check(options, path: path)
        switch form {
        case .idx: try self.init(folder: path, isPart: isPart, notes: &notes)
        case .cifar: try self.init(cifar: path)
        case .arrays:
            try self.init(arrays: path, options: options, isPart: isPart, notes: &notes)
        case .table: try self.init(table: path, options: options, notes: &notes)
        case .leaf: try self.init(leaf: path, options: options, notes: &notes)
        case .clientFolder: try self.init(clientFolder: path, options: options, notes: &notes)
        }
    }
}
