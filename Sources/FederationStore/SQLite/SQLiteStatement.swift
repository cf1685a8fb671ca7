import CSQLite
import Foundation

/// An SQL statement that SQLite has compiled.
final class SQLiteStatement {
    private let handle: OpaquePointer

    /// Compiles the one statement of `sql`.
    init(_ sql: String, in database: OpaquePointer) throws {
        handle = try sql.withCString { text in
            var handle: OpaquePointer?
            var rest: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v3(
                database, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &rest)
            guard code == SQLITE_OK else { throw SQLiteError(code, of: database) }
            guard let handle, rest?.pointee == 0 else {
                sqlite3_finalize(handle)
                throw SQLiteError(SQLITE_MISUSE, "“\(sql)” is not one statement")
            }
            return handle
        }
    }

    deinit { sqlite3_finalize(handle) }

    /// Whether it changes nothing.
    var isReading: Bool { sqlite3_stmt_readonly(handle) != 0 }

    /// Gives its parameters values while `body` steps through its rows.
    func run(with values: [any SQLiteConvertible], _ body: () throws -> Void) throws {
        guard values.count == sqlite3_bind_parameter_count(handle) else {
            throw SQLiteError(SQLITE_MISUSE, "\(values.count) values are not one a parameter")
        }
        defer { sqlite3_clear_bindings(handle) }
        try bind(values[...]) {
            // Before what is bound may go. What it says of a failure has been thrown already.
            defer { sqlite3_reset(handle) }
            try body()
        }
    }

    private func bind(
        _ values: ArraySlice<any SQLiteConvertible>, _ body: () throws -> Void
    ) throws {
        guard let value = values.first else { return try body() }
        let place = SQLitePlace(statement: handle, index: Int32(values.startIndex + 1))
        try value.bind(place) { code in
            guard code == SQLITE_OK else { throw SQLiteError(code, of: sqlite3_db_handle(handle)) }
            try bind(values.dropFirst(), body)
        }
    }

    /// What is made of the next row; nil after the last.
    func next<Result>(_ decode: (borrowing SQLiteRow) throws -> Result) throws -> Result? {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: try decode(SQLiteRow(handle))
        case SQLITE_DONE: nil
        case let code: throw SQLiteError(code, of: sqlite3_db_handle(handle))
        }
    }
}

/// The row at which a statement is, for as long as it is there.
package struct SQLiteRow: ~Copyable {
    private let statement: OpaquePointer

    fileprivate init(_ statement: OpaquePointer) { self.statement = statement }

    /// The value of the first column of that name.
    /// - Throws: `SQLiteError` of code `SQLITE_MISMATCH` where there is none, or one of another kind.
    package subscript<Value: SQLiteConvertible>(name: String) -> Value {
        get throws {
            for index in 0..<sqlite3_column_count(statement)
            where strcmp(sqlite3_column_name(statement, index), name) == 0 {
                return try self[Int(index)]
            }
            throw SQLiteError(SQLITE_MISMATCH, "a row has no column \(name)")
        }
    }

    /// The value of a column, from 0.
    /// - Throws: `SQLiteError` of code `SQLITE_MISMATCH` where it is of another kind.
    package subscript<Value: SQLiteConvertible>(index: Int) -> Value {
        get throws {
            let place = SQLitePlace(statement: statement, index: Int32(index))
            if let value = Value.read(place) { return value }
            let name = sqlite3_column_name(statement, place.index).map { String(cString: $0) }
            let kinds = [Int.kind, Double.kind, String.kind, Data.kind, "NULL"]
            throw SQLiteError(
                SQLITE_MISMATCH,
                "a row has \(kinds[Int(place.type) - 1]) as \(name ?? "a value"), where "
                    + "\(Value.kind) was expected")
        }
    }
}
