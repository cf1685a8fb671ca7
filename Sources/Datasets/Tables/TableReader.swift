/// Turns the rows of files into the cells of a table.
struct TableReader {
    /// Columns that turned out to hold words behind numbers, whose text nobody has kept.
    private(set) var lateWords: Set<Int> = []

    private let names: [String]
    private let firstFile: String
    private let label: Int
    private let client: Int?
    private var cells: [Double] = []
    private var words: [WordList?]
    private var isOfWords: [Bool]
    private var hasNumbers: [Bool]
    private var parts: [Table.Part] = []
    /// Of each column, the first number that is not finite.
    private var notFinite: [Int: (file: String, line: Int, found: String)] = [:]

    /// Reads the heading of the first file.
    /// - Parameter words: columns that are known to be of words.
    init(
        _ input: TableInput, options: DatasetOptions, words: Set<Int>
    ) throws(DatasetError) {
        var scanner = try input.scanner()
        names = try Self.heading(&scanner)
        firstFile = input.name
        label = try Self.label(options.labelColumn, names, file: input.name)
        if let name = options.clientColumn {
            client = try Self.column(name, .client, names, file: input.name)
        } else {
            client = nil
        }
        if client == label { throw .table(.sameColumn(name: names[label])) }
        guard names.count > (client == nil ? 1 : 2) else {
            throw .table(.noFeatures(file: input.name))
        }
        var lists = [WordList?](repeating: nil, count: names.count)
        for column in words { lists[column] = WordList() }
        if let client { lists[client] = WordList() }
        self.words = lists
        isOfWords = lists.map { $0 != nil }
        hasNumbers = [Bool](repeating: false, count: names.count)
    }

    // MARK: Columns

    private static func heading(_ scanner: inout TableScanner) throws(DatasetError) -> [String] {
        let file = scanner.file
        guard try scanner.next() else { throw .table(.noHeading(file: file)) }
        var names: [String] = []
        var places: [String: Int] = [:]
        for column in scanner.cells.indices {
            let name = scanner.withText(column) { String(validating: $0, as: UTF8.self) }
            guard let name else {
                throw .table(.notUTF8(file: file, line: scanner.line, column: nil))
            }
            guard !name.isEmpty else {
                throw .table(.unnamedColumn(file: file, column: column + 1))
            }
            if let first = places[name] {
                throw .table(
                    .repeatedColumn(file: file, name: name, first: first + 1, second: column + 1))
            }
            places[name] = column
            names.append(name)
        }
        return names
    }

    private static func label(
        _ name: String?, _ names: [String], file: String
    ) throws(DatasetError) -> Int {
        if let name { return try column(name, .label, names, file: file) }
        for usual in Table.usualLabels {
            if let column = names.firstIndex(where: { $0.lowercased() == usual }) { return column }
        }
        throw .table(.noLabelColumn(file: file, columns: names))
    }

    private static func column(
        _ name: String, _ role: TableError.Role, _ names: [String], file: String
    ) throws(DatasetError) -> Int {
        guard let column = names.firstIndex(of: name) else {
            throw .table(.missingColumn(file: file, name: name, role: role, columns: names))
        }
        return column
    }

    private func checkHeading(_ found: [String], _ file: String) throws(DatasetError) {
        for column in 0..<max(found.count, names.count) {
            let one = column < found.count ? found[column] : nil
            let other = column < names.count ? names[column] : nil
            guard one == other else {
                throw .table(
                    .otherColumns(
                        file: file, column: column + 1, found: one, first: firstFile,
                        expected: other))
            }
        }
    }

    // MARK: Rows

    /// Takes all rows of a file.
    mutating func read(_ input: TableInput) throws(DatasetError) {
        var scanner = try input.scanner()
        let count = names.count
        try checkHeading(Self.heading(&scanner), input.name)
        let first = cells.count / count
        let row = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        defer { row.deallocate() }
        while try scanner.next() {
            guard scanner.cells.count == count else {
                throw .table(
                    .raggedRow(
                        file: input.name, line: scanner.line, found: scanner.cells.count,
                        expected: count))
            }
            guard cells.count + count <= Table.cellLimit else {
                throw .table(
                    .manyCells(file: input.name, line: scanner.line, limit: Table.cellLimit))
            }
            for column in 0..<count {
                row.initializeElement(at: column, to: try cell(column, &scanner))
            }
            cells.append(contentsOf: row)
        }
        let last = cells.count / count
        guard last > first else { throw .table(.noRows(file: input.name)) }
        parts.append(Table.Part(file: input.name, rows: first..<last))
    }

    private mutating func cell(
        _ column: Int, _ scanner: inout TableScanner
    ) throws(DatasetError) -> Double {
        if isOfWords[column] { return try word(column, &scanner) }
        switch scanner.withText(column, { DecimalNumber.read($0) }) {
        case .number(let value):
            hasNumbers[column] = true
            return value
        case .unknown:
            if column == label { throw unknown(column, scanner) }
            return .nan
        case .notFinite:
            if notFinite[column] == nil {
                notFinite[column] = (
                    scanner.file, scanner.line, String(scanner.string(column).prefix(40))
                )
            }
            return .nan
        case .word:
            if hasNumbers[column] || notFinite[column] != nil { lateWords.insert(column) }
            words[column] = WordList()
            isOfWords[column] = true
            // All cells of earlier rows were unknown, or will be read again.
            for place in stride(from: column, to: cells.count, by: names.count) {
                cells[place] = -1
            }
            return try word(column, &scanner)
        }
    }

    private mutating func word(
        _ column: Int, _ scanner: inout TableScanner
    ) throws(DatasetError) -> Double {
        if scanner.withText(column, { DecimalNumber.isUnknown($0) }) {
            if column == label || column == client { throw unknown(column, scanner) }
            return -1
        }
        let known = words[column]?.count ?? 0
        let number = scanner.withText(column) { words[column]?.number(of: $0) ?? 0 }
        if number == known { try checkNew(number, column, scanner) }
        return Double(number)
    }

    /// Refuses a word that has not come before and that cannot be.
    private func checkNew(
        _ number: Int, _ column: Int, _ scanner: borrowing TableScanner
    ) throws(DatasetError) {
        guard words[column]?.word(number) != nil else {
            throw .table(
                .notUTF8(file: scanner.file, line: scanner.line, column: names[column]))
        }
        let limit =
            column == label
            ? Samples.classLimit : column == client ? Table.clientLimit : Table.wordLimit
        guard number < limit else {
            throw .table(
                .manyWords(
                    file: scanner.file, line: scanner.line, column: names[column], limit: limit))
        }
    }

    private func unknown(_ column: Int, _ scanner: borrowing TableScanner) -> DatasetError {
        .table(
            .emptyCell(
                file: scanner.file, line: scanner.line, column: names[column],
                role: column == label ? .label : .client))
    }

    // MARK: -

    /// The table of all that was read.
    /// - Throws: where a column of numbers has one that is not finite.
    consuming func table() throws(DatasetError) -> Table {
        for column in names.indices where !isOfWords[column] {
            if let bad = notFinite[column] {
                throw .table(
                    .notFinite(
                        file: bad.file, line: bad.line, column: names[column], found: bad.found))
            }
        }
        return Table(
            names: names, label: label, client: client, cells: cells, words: words, parts: parts)
    }
}
