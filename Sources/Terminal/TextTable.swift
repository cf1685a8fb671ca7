import Platform

/// Rows of text in columns as wide as their widest cell, made to fit the width that there is.
///
/// A table that is too wide has its columns closer together; then the words of its last column
/// broken, if that is one of text; then, of a table of things, a block of lines for each row, and of
/// a table of numbers its columns in several tables, one below the other.
package struct TextTable {
    /// A column's heading and which side its cells keep to.
    package enum Column {
        case left(String)
        case right(String)

        package var heading: String {
            switch self {
            case .left(let heading), .right(let heading): heading
            }
        }

        package var isText: Bool { if case .left = self { true } else { false } }
    }

    /// What becomes of a table that fits in no way.
    package enum Narrow {
        /// A block of lines for each row, which begins with its first cell.
        case stacked
        /// Several tables, each with the first column.
        case split
    }

    private let columns: [Column]
    private let narrow: Narrow
    private var rows: [[String]] = []

    package init(_ columns: [Column], narrow: Narrow = .stacked) {
        self.columns = columns
        self.narrow = narrow
    }

    /// - Precondition: there is a cell for each column.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
        rows.append(cells)
    }

    /// Prints the heading and all rows.
    package func print(_ console: Console) {
        for line in lines(width: console.width) {
            console.line(line.isHeading ? console.dim(line.text) : line.text, hanging: 0)
        }
    }

    /// A line of the table.
    package struct Line: Equatable {
        package var text: String
        package var isHeading = false
    }

    /// All lines, none wider than that unless a cell is.
    package func lines(width: Int?) -> [Line] {
        let all = Array(columns.indices)
        guard let width else { return table(all, gap: 2) }
        for gap in [2, 1] where self.width(all, gap: gap) <= width { return table(all, gap: gap) }
        if let lines = withBrokenLast(width) { return lines }
        switch narrow {
        case .stacked: return stack(width)
        case .split: return split(width)
        }
    }

    // MARK: Ways to fit

    private func widths(_ shown: [Int]) -> [Int] {
        shown.map { column in
            ([columns[column].heading] + rows.map { $0[column] }).map(\.count).max() ?? 0
        }
    }

    private func width(_ shown: [Int], gap: Int) -> Int {
        gap + widths(shown).reduce(0, +) + gap * (shown.count - 1)
    }

    private func table(_ shown: [Int], gap: Int) -> [Line] {
        let widths = widths(shown)
        let headings = columns.map(\.heading)
        return [Line(text: line(headings, shown, widths, gap), isHeading: true)]
            + rows.map { Line(text: line($0, shown, widths, gap)) }
    }

    private func line(_ cells: [String], _ shown: [Int], _ widths: [Int], _ gap: Int) -> String {
        let padded = zip(shown, widths).map { column, width in
            columns[column].isText
                ? Text.padRight(cells[column], width) : Text.pad(cells[column], width)
        }
        let space = String(repeating: " ", count: gap)
        var text = space + padded.joined(separator: space)
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Columns that words of a last column must have to be read beside the others.
    private static let leastText = 24

    private func withBrokenLast(_ width: Int) -> [Line]? {
        guard let last = columns.indices.last, last > 0, columns[last].isText else { return nil }
        let others = Array(columns.indices.dropLast())
        let start = self.width(others, gap: 1) + 1
        guard width - start >= Self.leastText else { return nil }
        let widths = widths(others)
        func broken(_ cells: [String], isHeading: Bool) -> [Line] {
            let beside = Text.padRight(line(cells, others, widths, 1), start)
            let words = Text.wrapped(cells[last], to: width - start)
            let space = String(repeating: " ", count: start)
            return words.enumerated().map { index, part in
                Line(text: (index == 0 ? beside : space) + part, isHeading: isHeading)
            }
        }
        return broken(columns.map(\.heading), isHeading: true)
            + rows.flatMap { broken($0, isHeading: false) }
    }

    private func stack(_ width: Int) -> [Line] {
        let names = columns.dropFirst().map(\.heading)
        let indent = 2 + (names.map(\.count).max() ?? 0) + 2
        return rows.flatMap { cells in
            [Line(text: cells[0], isHeading: true)]
                + zip(names, cells.dropFirst()).flatMap { name, cell in
                    Text.wrapped(
                        "  \(Text.padRight(name, indent - 2))\(cell)", to: width, hanging: indent
                    ).map { Line(text: $0) }
                }
        }
    }

    private func split(_ width: Int) -> [Line] {
        var groups: [[Int]] = []
        for column in columns.indices.dropFirst() {
            if let group = groups.last, self.width(group + [column], gap: 1) <= width {
                groups[groups.count - 1].append(column)
            } else {
                groups.append([0, column])
            }
        }
        return Array(
            groups.map { table($0, gap: 1) }.joined(separator: [Line(text: "")]))
    }
}
