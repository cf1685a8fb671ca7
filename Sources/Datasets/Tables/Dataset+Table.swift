import Foundation

extension Dataset {
    /// Reads a table of text with a heading: commas, tabs or semicolons between its columns,
    /// quotation marks as RFC 4180 has them, plain or gzip.
    ///
    /// The label is the column that `options` name, else one called label, class, target or y.
    /// Words, and few whole numbers from 0 up, are classes; other numbers are targets. Numbers of
    /// the other columns are standardised and words one-hot, both by the training rows; unknown
    /// ones are empty, `?` or `NA`. Rows to test on are those of a file beside it, `NAME-test.csv`,
    /// or `test.csv` beside `train.csv`; else a part of the rows, drawn at random, of each client
    /// where `options` name a column of them.
    /// - Parameters:
    ///   - path: a file, or a folder with `train.csv` or `train.tsv`, also with `.gz`.
    ///   - notes: gains a sentence for each thing that there is to say of what was read.
    /// - Throws: `DatasetError`, mostly a `TableError`.
    public init(
        table path: String, options: DatasetOptions = DatasetOptions(), notes: inout [String]
    ) throws(DatasetError) {
        let files = TableFiles(path)
        let inputs = [files.train] + (files.test.map { [$0] } ?? [])
        try self.init(
            Table(inputs.map { .file($0) }, options: options), hasTest: files.test != nil,
            name: files.name, origin: "rows of \(files.train)", options: options, notes: &notes)
    }

    /// Reads a table that is in memory, plain or gzip; errors name it `name`.
    package init(
        tableBytes bytes: [UInt8], name: String, options: DatasetOptions, notes: inout [String]
    ) throws(DatasetError) {
        try self.init(
            Table([.bytes(bytes, name: name)], options: options), hasTest: false, name: name,
            origin: "rows of \(name)", options: options, notes: &notes)
    }

    /// The data set of a table's rows.
    /// - Parameter hasTest: whether the rows of the second file are to be tested on.
    init(
        _ table: Table, hasTest: Bool, name: String, origin: String, options: DatasetOptions,
        notes: inout [String]
    ) throws(DatasetError) {
        let owner = table.client.map { TableOwners(table, $0) }
        let file = table.parts[0].file
        let (train, test): ([Int], [Int])
        if hasTest {
            train = Array(table.parts[0].rows)
            test = Array(table.parts[1].rows)
        } else if let owner {
            let split = try OwnerSplit(
                owner.rows, count: owner.names.count, options: options, file: file)
            (train, test) = (split.train, split.test)
            notes.append(split.note(file, options: options))
        } else {
            let split = try TestSplit(count: table.rowCount, options: options, file: file)
            (train, test) = (split.train, split.test)
            notes.append(split.note(file, options: options))
        }
        try self.init(
            table, train: train, test: test, name: name, origin: origin, notes: &notes)
        owners = owner?.owners(train: train, test: test)
    }

    /// The data set of a table whose rows are divided.
    init(
        _ table: Table, train: [Int], test: [Int], name: String, origin: String,
        notes: inout [String]
    ) throws(DatasetError) {
        let target = try TableTarget(table)
        let features = try TableFeatures(table, train: train)
        let trainRows = try features.rows(train, of: table)
        let testRows = try features.rows(test, of: table)
        let width = features.names.count
        try self.init(
            name: name, origin: origin,
            train: target.samples(trainRows.values, features: width, rows: train),
            test: target.samples(testRows.values, features: width, rows: test))
        featureNames = features.names
        if case .classes(_, let names) = target { classNames = names }
        let unknown = trainRows.unknownNumbers + testRows.unknownNumbers
        if unknown > 0 {
            notes.append(
                "\(unknown) number\(unknown == 1 ? " is" : "s are") not known: each is taken as the "
                    + "mean of its column")
        }
        if let first = testRows.firstUnseen {
            let count = testRows.unseenWords
            notes.append(
                "\(count) word\(count == 1 ? "" : "s") of test rows "
                    + "\(count == 1 ? "is" : "are") in no training row, the first “\(first.word)” of "
                    + "column “\(first.column)”: none of the column's features is set for them")
        }
    }
}

/// Whose the rows of a table are, as a column of it says.
struct TableOwners {
    /// Different names, in rising order.
    let names: [String]
    /// For every row, the position of its owner among the names.
    let rows: [Int32]

    init(_ table: Table, _ column: Int) {
        let words = table.words[column] ?? WordList()
        let order = OwnerOrder.sorted((0..<words.count).map { words.bytes($0) })
        var numbers = [Int32](repeating: 0, count: words.count)
        for (number, place) in order.enumerated() { numbers[place] = Int32(number) }
        names = order.map { words.word($0) ?? "" }
        rows = (0..<table.rowCount).map { numbers[Int(table.cell($0, column))] }
    }

    /// The owners of rows that are divided.
    func owners(train: [Int], test: [Int]) -> SampleOwners {
        let (trainOwners, trainRows) = distinct(train)
        let (testOwners, testRows) = distinct(test)
        return SampleOwners(
            owners: trainOwners, train: trainRows, testOwners: testOwners, test: testRows)
    }

    /// Those who own some of the rows, and for each row which of them.
    private func distinct(_ chosen: [Int]) -> ([String], [Int32]) {
        var places = [Int32](repeating: -1, count: names.count)
        var owners: [String] = []
        let own = chosen.map { row in
            let owner = Int(rows[row])
            if places[owner] < 0 {
                places[owner] = Int32(owners.count)
                owners.append(names[owner])
            }
            return places[owner]
        }
        return (owners, own)
    }
}
