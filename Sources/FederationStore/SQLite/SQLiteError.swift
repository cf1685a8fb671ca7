import CSQLite

/// What SQLite says went wrong.
package struct SQLiteError: Error, Equatable, Sendable {
    /// The kind of failure, as `SQLITE_IOERR`.
    package var code: Int32 { extendedCode & 0xFF }
    /// The same and which of its kind, as `SQLITE_IOERR_WRITE`.
    package var extendedCode: Int32
    /// SQLite's words.
    package var message: String

    /// A failure of that code, in those words or else in SQLite's for the code.
    package init(_ extendedCode: Int32, _ message: String? = nil) {
        self.extendedCode = extendedCode
        self.message = message ?? String(cString: sqlite3_errstr(extendedCode))
    }

    /// The last failure of a connection.
    init(_ extendedCode: Int32, of database: OpaquePointer?) {
        self.init(extendedCode, String(cString: sqlite3_errmsg(database)))
    }
}
