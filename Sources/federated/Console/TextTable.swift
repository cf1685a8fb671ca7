/// Rows of text in columns as wide as their widest cell.
struct TextTable {
    /// A column's heading and which side its cells keep to.
    enum Column {
        case left(String)
        case right(String)

        var heading: String {
            switch self {
            case .left(let heading), .right(let heading): heading
            }
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// - Precondition: there is a cell for each column.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
        rows.append(cells)
    }

    /// Prints the heading and all rows.
    func print(_ console: Console) {
        let headings = columns.map(\.heading)
        let widths = columns.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = columns.indices.map { column in
                switch columns[column] {
                case .left: Text.padRight(cells[column], widths[column])
                case .right: Text.pad(cells[column], widths[column])
                }
            }
            var text = "  " + padded.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
        console.line(console.dim(line(headings)))
        for row in rows { console.line(line(row)) }
    }
}
