import Foundation
import GRDB

/// Runs, their rounds and their last models in one SQLite file.
///
/// What a method has written when it returns survives anything that happens to the process, and the
/// machine's loss of power as far as its disk keeps its word: write-ahead log, synchronous FULL,
/// each commit one transaction. One process writes at a time; others may read meanwhile. Methods
/// block their thread for the time of a disk write: keep them off Swift's cooperative pool.
public final class RunStore: Sendable {
    /// What a store is opened for.
    public enum Access: Sendable {
        /// The file is made if it is missing, and no other process may write.
        case writing
        /// The file must be there.
        case reading
    }

    /// How many models of a run are kept: those of its last rounds.
    public static let modelsKept = 3

    /// Where the file is, as it was given.
    public let path: String
    let queue: DatabaseQueue
    private let access: Access
    private let lock: StoreLock?

    /// Opens a store.
    /// - Throws: `StoreError`; a file that is none of ours is left as it was.
    public convenience init(path: String, access: Access = .writing) throws(StoreError) {
        try self.init(path: path, access: access, largestPageCount: nil)
    }

    /// - Parameter largestPageCount: from there on the disk counts as full, for tests.
    package init(path: String, access: Access, largestPageCount: Int?) throws(StoreError) {
        self.path = path
        self.access = access
        if access == .reading, Glibc.access(path, F_OK) != 0, errno == ENOENT {
            throw .missing(path: path)
        }
        lock = access == .writing ? try StoreLock(store: path) : nil
        try Self.checkAccess(path, access)
        queue = try Self.translate(path) {
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(10)
            // A reader that may write takes SQLite's files away with it again.
            configuration.readonly = access == .reading && !Self.isWritable(path)
            configuration.prepareDatabase { db in
                try Self.checkFormat(db, path: path)
                try db.execute(sql: "PRAGMA synchronous = FULL")
                if let largestPageCount {
                    try db.execute(sql: "PRAGMA max_page_count = \(largestPageCount)")
                }
            }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try Self.prepareSchema(queue, path: path, access: access)
            return queue
        }
    }

    /// Ends the use of the file: nothing else may be asked of the store after it.
    public func close() {
        try? queue.close()
        lock?.release()
    }

    // MARK: Opening

    /// The system's reason is better than SQLite's, which says that it is "unable to open".
    private static func checkAccess(_ path: String, _ access: Access) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotOpen(path: path, reason: "it is no regular file")
        }
        // SQLite would take what is shorter than its shortest page for an empty file.
        guard status.st_size == 0 || status.st_size >= 512 else { throw .notAStore(path: path) }
        guard Glibc.access(path, access == .writing ? R_OK | W_OK : R_OK) == 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
    }

    /// Whether SQLite may write the file and make others beside it.
    private static func isWritable(_ path: String) -> Bool {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return Glibc.access(path, W_OK) == 0 && Glibc.access(folder, W_OK) == 0
    }

    /// Tells our files from others before anything is changed in them.
    private static func checkFormat(_ db: Database, path: String) throws {
        let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        if id == StoreSchema.applicationID { return }
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard id == 0, tables == 0 else { throw StoreError.notAStore(path: path) }
    }

    private static func prepareSchema(
        _ queue: DatabaseQueue, path: String, access: Access
    ) throws {
        let migrator = StoreSchema.migrator
        guard access == .writing else {
            return try queue.read { db in
                if try migrator.hasBeenSuperseded(db) { throw StoreError.newer(path: path) }
                _ = try StoreSchema.firstClient(db, path: path)
            }
        }
        try queue.inDatabase { db in
            // Large pages: a model's blob is most of what is written.
            try db.execute(sql: "PRAGMA page_size = 16384")
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            if try migrator.hasBeenSuperseded(db) { throw StoreError.newer(path: path) }
        }
        try migrator.migrate(queue)
    }

    // MARK: Access

    package func read<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        try Self.translate(path) { try queue.read(body) }
    }

    package func write<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        guard access == .writing else {
            throw .cannotWrite(path: path, reason: "it was opened for reading")
        }
        return try Self.translate(path) { try queue.write(body) }
    }

    /// Says in our words what went wrong in SQLite.
    private static func translate<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch let error as DatabaseError {
            let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_NOTADB: throw .notAStore(path: path)
            case .SQLITE_CORRUPT: throw .damaged(path: path, detail: message)
            case .SQLITE_FULL: throw .cannotWrite(path: path, reason: "the disk is full")
            case .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_PERM:
                throw .cannotWrite(path: path, reason: message)
            case .SQLITE_CANTOPEN: throw .cannotOpen(path: path, reason: message)
            case .SQLITE_BUSY, .SQLITE_LOCKED: throw .inUse(path: path, process: nil)
            default: throw .failed(path: path, reason: message)
            }
        } catch {
            throw .failed(path: path, reason: "\(error)")
        }
    }
}
