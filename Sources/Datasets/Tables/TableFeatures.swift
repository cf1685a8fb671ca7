/// The features that a table's cells make: numbers standardised, words one-hot.
///
/// Means, deviations and the words of a column are those of the training rows. An unknown number is
/// the column's mean; unknown words are a word of their own, `?`; a word that no training row has
/// is none of the column's, so that all of its features are 0.
struct TableFeatures {
    /// Features of a row, at most.
    static let limit = 65_536
    /// Numbers of a training or a test set, at most.
    static let numberLimit = 1 << 29

    /// What becomes of one column.
    private enum Column {
        /// (x − mean) / deviation, as the feature at `place`.
        case number(place: Int, mean: Double, deviation: Double)
        /// 1 at the place of a word; −1 for a word that has none. The last is of unknown words.
        case words(places: [Int32])
    }

    /// What features are called: the column, or `column=word`.
    private(set) var names: [String] = []
    private var columns: [(column: Int, Column)] = []

    /// Reads means, deviations and words off the training rows.
    init(_ table: Table, train: [Int]) throws(DatasetError) {
        let statistics = Self.statistics(table, train)
        for column in table.features {
            let name = table.names[column]
            guard let words = table.words[column] else {
                columns.append(
                    (
                        column,
                        .number(
                            place: names.count, mean: statistics[column].mean,
                            deviation: statistics[column].deviation)
                    ))
                names.append(name)
                continue
            }
            var isSeen = [Bool](repeating: false, count: words.count + 1)
            for row in train {
                let number = Int(table.cell(row, column))
                isSeen[number < 0 ? words.count : number] = true
            }
            let unknown: ArraySlice<UInt8> = [UInt8(ascii: "?")]
            let seen = isSeen.indices.filter { isSeen[$0] }
                .map { (number: $0, word: $0 == words.count ? unknown : words.bytes($0)) }
                .sorted { $0.word.lexicographicallyPrecedes($1.word) }
            var places = [Int32](repeating: -1, count: words.count + 1)
            for (number, word) in seen {
                places[number] = Int32(names.count)
                names.append("\(name)=\(String(decoding: word, as: UTF8.self))")
            }
            columns.append((column, .words(places: places)))
        }
        guard names.count <= Self.limit else {
            throw .table(
                .manyFeatures(
                    file: table.parts[0].file, found: names.count, limit: Self.limit))
        }
    }

    private static func statistics(
        _ table: Table, _ rows: [Int]
    ) -> [(mean: Double, deviation: Double)] {
        let width = table.names.count
        var counts = [Double](repeating: 0, count: width)
        var sums = counts
        var squares = counts
        forEachRow(rows, of: table) { row in
            for column in 0..<width where !row[column].isNaN {
                counts[column] += 1
                sums[column] += row[column]
            }
        }
        let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
        forEachRow(rows, of: table) { row in
            for column in 0..<width where !row[column].isNaN {
                let difference = row[column] - means[column]
                squares[column] += difference * difference
            }
        }
        return (0..<width).map { column in
            // Unknown numbers are at the mean, so they are among those that deviate by 0.
            let deviation = (squares[column] / Double(max(rows.count, 1))).squareRoot()
            return (means[column], deviation > 0 ? deviation : 1)
        }
    }

    /// Hands on the cells of each of the rows.
    private static func forEachRow(
        _ rows: [Int], of table: Table, _ body: (UnsafeBufferPointer<Double>) -> Void
    ) {
        let width = table.names.count
        table.cells.withUnsafeBufferPointer { cells in
            for row in rows {
                body(UnsafeBufferPointer(rebasing: cells[row * width..<(row + 1) * width]))
            }
        }
    }

    /// What was made of rows.
    struct Rows {
        /// [rows][features].
        var values: [Float]
        /// Numbers that are not known.
        var unknownNumbers = 0
        /// Words that no training row has.
        var unseenWords = 0
        /// The first of those: its column and the word.
        var firstUnseen: (column: String, word: String)?
    }

    /// The features of some rows.
    func rows(_ rows: [Int], of table: Table) throws(DatasetError) -> Rows {
        let width = names.count
        let (total, overflows) = rows.count.multipliedReportingOverflow(by: width)
        guard !overflows, total <= Self.numberLimit else {
            throw .table(
                .manyFeatures(
                    file: table.parts[0].file, found: width,
                    limit: Self.numberLimit / max(rows.count, 1)))
        }
        var result = Rows(values: [Float](repeating: 0, count: total))
        result.values.withUnsafeMutableBufferPointer { values in
            for (position, row) in rows.enumerated() {
                let start = position * width
                for (column, meaning) in columns {
                    let cell = table.cell(row, column)
                    switch meaning {
                    case .number(let place, let mean, let deviation):
                        if cell.isNaN {
                            result.unknownNumbers += 1
                        } else {
                            values[start + place] = Float((cell - mean) / deviation)
                        }
                    case .words(let places):
                        let number = cell < 0 ? places.count - 1 : Int(cell)
                        let place = Int(places[number])
                        if place >= 0 {
                            values[start + place] = 1
                        } else {
                            result.unseenWords += 1
                            if result.firstUnseen == nil {
                                let word = cell < 0 ? "?" : table.words[column]?.word(number) ?? ""
                                result.firstUnseen = (table.names[column], word)
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}
