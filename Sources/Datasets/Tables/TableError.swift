/// What is wrong with a table of text; `description` is one sentence.
public enum TableError: Error, Hashable, Sendable {
    /// What a column is looked for.
    public enum Role: String, Hashable, Sendable {
        /// What is to be predicted.
        case label
        /// Whose a row is.
        case client
    }

    // MARK: Text

    /// Bytes that are no UTF-8; in a heading, `column` is nil.
    case notUTF8(file: String, line: Int, column: String?)
    /// A row that does not end; mostly one with a quotation mark that nobody closes.
    case longRow(file: String, line: Int, limit: Int)
    /// More cells than a row may have.
    case manyColumns(file: String, line: Int, limit: Int)
    /// A quotation mark that nobody closes, in the cell that begins in that line; columns from 1.
    case unclosedMark(file: String, line: Int, column: Int)
    /// A cell that goes on behind its closing quotation mark.
    case textBehindMark(file: String, line: Int, column: Int)
    /// More or fewer cells than there are columns.
    case raggedRow(file: String, line: Int, found: Int, expected: Int)

    // MARK: Columns

    /// A file without a heading.
    case noHeading(file: String)
    /// A column that has no name; from 1.
    case unnamedColumn(file: String, column: Int)
    /// Two columns of one name.
    case repeatedColumn(file: String, name: String, first: Int, second: Int)
    /// A column that was asked for and is not there.
    case missingColumn(file: String, name: String, role: Role, columns: [String])
    /// Nothing says which column is to be predicted.
    case noLabelColumn(file: String, columns: [String])
    /// One column as label and as client.
    case sameColumn(name: String)
    /// No column that a prediction could rest on.
    case noFeatures(file: String)
    /// A heading other than that of the first file; nil where there is no such column.
    case otherColumns(file: String, column: Int, found: String?, first: String, expected: String?)

    // MARK: Cells

    /// A table without rows.
    case noRows(file: String)
    /// A row that does not say what is to be predicted, or whose it is.
    case emptyCell(file: String, line: Int, column: String, role: Role)
    /// A number that is not finite, in a column of numbers.
    case notFinite(file: String, line: Int, column: String, found: String)
    /// More different words than a column may have.
    case manyWords(file: String, line: Int, column: String, limit: Int)
    /// More features, words by one-hot, than a table may make.
    case manyFeatures(file: String, found: Int, limit: Int)
    /// More cells than are read into memory.
    case manyCells(file: String, line: Int, limit: Int)
    /// A label that is the same in all rows.
    case oneClass(file: String, column: String, name: String)
    /// No client has a second row, so that none can be set aside for testing.
    case nothingToTest(file: String)
}

extension TableError: CustomStringConvertible {
    /// One sentence that names the place, what was found and what was expected.
    public var description: String {
        switch self {
        case .notUTF8(let file, let line, let column):
            "\(place(file, line))\(column.map { ", column “\($0)”" } ?? "") is not UTF-8: save the "
                + "table as UTF-8"
        case .longRow(let file, let line, let limit):
            "\(place(file, line)) begins a row of more than \(limit) bytes: is a quotation mark not "
                + "closed?"
        case .manyColumns(let file, let line, let limit):
            "\(place(file, line)) has more than the \(limit) cells that are read at most"
        case .unclosedMark(let file, let line, let column):
            "\(place(file, line)), cell \(column) begins with a quotation mark that nobody closes"
        case .textBehindMark(let file, let line, let column):
            "\(place(file, line)), cell \(column) goes on behind its closing quotation mark: a mark "
                + "within a cell is doubled"
        case .raggedRow(let file, let line, let found, let expected):
            "\(place(file, line)) has \(found) cell\(found == 1 ? "" : "s"), but the heading has "
                + "\(expected) columns"
        case .noHeading(let file): "\(file) is empty: expected a line of column names, then rows"
        case .unnamedColumn(let file, let column):
            "\(place(file, 1)): column \(column) has no name: name it, or leave it out where it only "
                + "counts the rows"
        case .repeatedColumn(let file, let name, let first, let second):
            "\(place(file, 1)): columns \(first) and \(second) are both called “\(name)”"
        case .missingColumn(let file, let name, let role, let columns):
            "\(file) has no column “\(name)” for the \(role.rawValue): it has \(list(columns))"
        case .noLabelColumn(let file, let columns):
            "\(file) does not say which column is to be predicted, as none is called label, class, "
                + "target or y: name one with --label, of \(list(columns))"
        case .sameColumn(let name):
            "the column “\(name)” cannot be both the label and the client"
        case .noFeatures(let file):
            "\(file) has no column to predict the label from"
        case .otherColumns(let file, let column, let found, let first, let expected):
            switch (found, expected) {
            case (let found?, let expected?):
                "\(file) has “\(found)” as column \(column), but \(first) has “\(expected)”"
            case (let found?, nil):
                "\(file) has a column “\(found)”, which \(first) has not"
            case (nil, let expected):
                "\(file) lacks the column “\(expected ?? "")” that \(first) has"
            }
        case .noRows(let file): "\(file) has a heading but no rows"
        case .emptyCell(let file, let line, let column, let role):
            "\(place(file, line)): the \(role.rawValue), column “\(column)”, is not known: each row "
                + "needs one"
        case .notFinite(let file, let line, let column, let found):
            "\(place(file, line)), column “\(column)” is “\(found)”, but numbers are finite; an empty "
                + "cell is an unknown one"
        case .manyWords(let file, let line, let column, let limit):
            "\(place(file, line)): column “\(column)” has more than \(limit) different words"
        case .manyFeatures(let file, let found, let limit):
            "\(file) makes \(found) features, each word of a column one, but \(limit) are read at most"
        case .manyCells(let file, let line, let limit):
            "\(place(file, line)): there are more than the \(limit) cells that are read into memory"
        case .oneClass(let file, let column, let name):
            "\(file) has “\(name)” in all rows of its label, column “\(column)”: there is nothing to "
                + "tell apart"
        case .nothingToTest(let file):
            "\(file) has no client with two samples, one of which could be set aside for testing"
        }
    }

    private func place(_ file: String, _ line: Int) -> String { "\(file), line \(line)" }

    /// The first few names.
    private func list(_ names: [String]) -> String {
        let shown = names.prefix(20).joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) others" : shown
    }
}
