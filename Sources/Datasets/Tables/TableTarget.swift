/// What a table's label column asks to be predicted.
enum TableTarget {
    /// Whole numbers from 0 up are classes where there are at most so many different ones.
    static let classLimit = 100

    /// The class of every row, and what classes are called.
    case classes([Int32], names: [String])
    /// The number of every row.
    case numbers([Float])

    /// Words are classes in alphabetical order, few whole numbers from 0 up in rising order; other
    /// numbers are predicted as such.
    init(_ table: Table) throws(DatasetError) {
        let cells = (0..<table.rowCount).map { table.cell($0, table.label) }
        if let words = table.words[table.label] {
            let order = (0..<words.count).sorted {
                words.bytes($0).lexicographicallyPrecedes(words.bytes($1))
            }
            var classes = [Int32](repeating: 0, count: words.count)
            for (label, number) in order.enumerated() { classes[number] = Int32(label) }
            self = .classes(
                cells.map { classes[Int($0)] }, names: order.map { words.word($0) ?? "" })
        } else if let values = Self.fewWhole(cells) {
            var places: [Double: Int32] = [:]
            for (place, value) in values.enumerated() { places[value] = Int32(place) }
            self = .classes(
                cells.map { places[$0] ?? 0 },
                names: values.map { value in Int(exactly: value).map(String.init) ?? "\(value)" })
        } else {
            self = .numbers(cells.map { Float($0) })
        }
        if case .classes(_, let names) = self, names.count < 2 {
            throw .table(
                .oneClass(
                    file: table.parts[0].file, column: table.names[table.label],
                    name: names.first ?? ""))
        }
    }

    /// The different numbers, rising; nil where one is no whole number from 0 up or there are too
    /// many.
    private static func fewWhole(_ cells: [Double]) -> [Double]? {
        var values: Set<Double> = []
        for cell in cells {
            guard cell >= 0, cell.rounded() == cell else { return nil }
            values.insert(cell)
            if values.count > classLimit { return nil }
        }
        return values.sorted()
    }

    /// Rows of features, each with what is to be predicted.
    func samples(_ values: [Float], features: Int, rows: [Int]) throws(DatasetError) -> Samples {
        switch self {
        case .classes(let classes, let names):
            try Samples(
                features: values, featureCount: features, labels: rows.map { classes[$0] },
                classCount: names.count)
        case .numbers(let numbers):
            try Samples(
                values: values, shape: [features], targets: rows.map { numbers[$0] },
                targetCount: 1)
        }
    }
}
