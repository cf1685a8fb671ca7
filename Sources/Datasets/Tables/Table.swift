/// The cells of one or more files with the same columns, as numbers.
struct Table {
    /// Different words of a feature, at most.
    static let wordLimit = 16_384
    /// Different clients, at most.
    static let clientLimit = 1 << 24
    /// Cells in memory, at most.
    static let cellLimit = 1 << 28
    /// Bytes of a file, decompressed, at most.
    static let sizeLimit = 4 << 30

    /// Files and what stands in them.
    struct Part {
        let file: String
        /// Its rows among those of all files.
        let rows: Range<Int>
    }

    /// What columns are called.
    let names: [String]
    /// The column of what is to be predicted.
    let label: Int
    /// The column that says whose a row is.
    let client: Int?
    /// [rows][columns]: the number, NaN where it is unknown; in a column of words the word's
    /// number, −1 where it is unknown.
    let cells: [Double]
    /// The words of each column; nil for a column of numbers.
    let words: [WordList?]
    let parts: [Part]

    /// Names that mean a label, in the order in which they are looked for.
    static let usualLabels = ["label", "class", "target", "y"]

    var rowCount: Int { cells.count / names.count }

    /// Columns that a prediction rests on.
    var features: [Int] { names.indices.filter { $0 != label && $0 != client } }

    func cell(_ row: Int, _ column: Int) -> Double { cells[row * names.count + column] }
}

/// A file, or what would stand in one.
enum TableInput {
    case file(String)
    case bytes([UInt8], name: String)

    var name: String {
        switch self {
        case .file(let name), .bytes(_, let name): name
        }
    }

    func scanner() throws(DatasetError) -> TableScanner {
        switch self {
        case .file(let path):
            try TableScanner(TextSource(file: path, limit: Table.sizeLimit), file: path)
        case .bytes(let bytes, let name):
            try TableScanner(TextSource(bytes, file: name, limit: Table.sizeLimit), file: name)
        }
    }
}

extension Table {
    /// Reads files with the same columns.
    ///
    /// A column is one of words where any known cell of any file is no number. Where that comes out
    /// late the files are read a second time, since 1 and 1.0 are one number and two words.
    init(_ inputs: [TableInput], options: DatasetOptions) throws(DatasetError) {
        var words: Set<Int> = []
        while true {
            var reader = try TableReader(inputs[0], options: options, words: words)
            for input in inputs { try reader.read(input) }
            if reader.lateWords.isEmpty {
                self = try reader.table()
                return
            }
            words.formUnion(reader.lateWords)
        }
    }
}
