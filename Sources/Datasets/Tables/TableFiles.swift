import Foundation

/// The files of a table: rows to train on, and where there are such, others to test on.
struct TableFiles {
    let train: String
    let test: String?
    /// What the data set is called.
    let name: String

    /// Endings of file names that are tables.
    static let endings = [".csv", ".tsv", ".csv.gz", ".tsv.gz"]

    /// Whether a name is that of a table.
    static func isTable(_ name: String) -> Bool {
        endings.contains { name.lowercased().hasSuffix($0) }
    }

    /// The file of training rows in a folder, where there is one.
    static func train(in directory: String) -> String? {
        endings.map { join(directory, "train" + $0) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Looks for the test file that goes with a file: `test.csv` with `train.csv`, `NAME-test.csv`
    /// with `NAME-train.csv` or `NAME.csv`.
    init(_ path: String) {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        let train: String
        if let inner = Self.train(in: path) {
            train = inner
            name = url.lastPathComponent
        } else {
            train = path
            name = Self.divided(url.lastPathComponent).stem
        }
        let (stem, _) = Self.divided(URL(fileURLWithPath: train).lastPathComponent)
        let folder = train.lastIndex(of: "/").map { String(train[...$0]) } ?? ""
        var stems = ["\(stem)-test", "\(stem)_test"]
        if stem == "train" || stem.hasSuffix("-train") || stem.hasSuffix("_train") {
            stems.insert(stem.dropLast(5) + "test", at: 0)
        }
        self.train = train
        test = stems.flatMap { stem in Self.endings.map { folder + stem + $0 } }
            .first { $0 != train && FileManager.default.fileExists(atPath: $0) }
    }

    /// A file's name without its ending, and the ending.
    private static func divided(_ name: String) -> (stem: String, ending: String) {
        // The longest first.
        for ending in endings.sorted(by: { $0.count > $1.count })
        where name.lowercased().hasSuffix(ending) {
            return (String(name.dropLast(ending.count)), String(name.suffix(ending.count)))
        }
        return (name, "")
    }
}
