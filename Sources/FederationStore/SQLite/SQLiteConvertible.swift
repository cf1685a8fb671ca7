import CSQLite
import Foundation

/// A parameter of a compiled statement, or a column of the row at which it is.
package struct SQLitePlace {
    var statement: OpaquePointer
    var index: Int32

    /// `SQLITE_INTEGER` …: what a column holds.
    var type: Int32 { sqlite3_column_type(statement, index) }
}

/// What is written to a column, and read from one that holds its own kind of value alone.
package protocol SQLiteConvertible {
    /// Its kind in words.
    static var kind: String { get }
    /// What a column holds; nil if that is of another kind.
    static func read(_ place: SQLitePlace) -> Self?
    /// Makes it a parameter's value while `body`, which is told SQLite's answer, goes on.
    func bind(_ place: SQLitePlace, _ body: (Int32) throws -> Void) rethrows
}

extension Int: SQLiteConvertible {
    package static let kind = "an integer"
    package static func read(_ place: SQLitePlace) -> Int? {
        guard place.type == SQLITE_INTEGER else { return nil }
        return Int(exactly: sqlite3_column_int64(place.statement, place.index))
    }
    package func bind(_ place: SQLitePlace, _ body: (Int32) throws -> Void) rethrows {
        try body(sqlite3_bind_int64(place.statement, place.index, Int64(self)))
    }
}

/// SQLite writes NaN as NULL.
extension Double: SQLiteConvertible {
    package static let kind = "a number"
    package static func read(_ place: SQLitePlace) -> Double? {
        guard place.type == SQLITE_FLOAT || place.type == SQLITE_INTEGER else { return nil }
        return sqlite3_column_double(place.statement, place.index)
    }
    package func bind(_ place: SQLitePlace, _ body: (Int32) throws -> Void) rethrows {
        try body(sqlite3_bind_double(place.statement, place.index, self))
    }
}

extension String: SQLiteConvertible {
    package static let kind = "a text"
    package static func read(_ place: SQLitePlace) -> String? {
        guard place.type == SQLITE_TEXT else { return nil }
        let bytes = sqlite3_column_text(place.statement, place.index)
        let count = Int(sqlite3_column_bytes(place.statement, place.index))
        guard let bytes else { return nil }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
    package func bind(_ place: SQLitePlace, _ body: (Int32) throws -> Void) rethrows {
        try body(csqlite_bind_text(place.statement, place.index, self, utf8.count))
    }
}

extension Data: SQLiteConvertible {
    package static let kind = "a blob"
    package static func read(_ place: SQLitePlace) -> Data? {
        guard place.type == SQLITE_BLOB else { return nil }
        let bytes = sqlite3_column_blob(place.statement, place.index)
        let count = Int(sqlite3_column_bytes(place.statement, place.index))
        // Of no bytes there is no address.
        guard let bytes else { return count == 0 ? Data() : nil }
        return Data(bytes: bytes, count: count)
    }
    /// They are not copied: they stay where they are for as long as this call takes.
    package func bind(_ place: SQLitePlace, _ body: (Int32) throws -> Void) rethrows {
        try withUnsafeBytes {
            try body(csqlite_bind_bytes(place.statement, place.index, $0.baseAddress, $0.count))
        }
    }
}

/// nil is NULL.
extension Optional: SQLiteConvertible where Wrapped: SQLiteConvertible {
    package static var kind: String { Wrapped.kind }
    package static func read(_ place: SQLitePlace) -> Wrapped?? {
        if place.type == SQLITE_NULL { return .some(nil) }
        return Wrapped.read(place).map(Optional.some)
    }
    package func bind(_ place: SQLitePlace, _ body: (Int32) throws -> Void) rethrows {
        guard let self else { return try body(sqlite3_bind_null(place.statement, place.index)) }
        try self.bind(place, body)
    }
}
