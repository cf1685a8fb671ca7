import CSQLite
import Foundation
import Platform

/// Runs, their rounds and their last models in one SQLite file.
///
/// What a method has written when it returns survives anything that happens to the process, and the
/// machine's loss of power as far as its disk keeps its word: write-ahead log, synchronous FULL,
/// each commit one transaction. Several processes may write at a time, each at runs of its own, and
/// others may read meanwhile. Methods block their thread for the time of a disk write: keep them off
/// Swift's cooperative pool.
public final class RunStore: Sendable {
    /// What a store is opened for.
    public enum Access: Sendable {
        /// The file is made if it is missing.
        case writing
        /// The file must be there; it need not be writable.
        case reading
    }

    /// How many models of a run are kept: those of its last rounds.
    public static let modelsKept = 3

    /// Where the file is, as it was given.
    public let path: String
    /// Where it is, without links on the way.
    let place: String
    let connection: SQLiteConnection
    private let access: Access
    private let lock: StoreLock?
    /// Where a copy lies, of a store that cannot be read as it is.
    private let folder: TemporaryFolder?
    /// Whether it is read as it was when it was opened, whatever others write since.
    package let isSnapshot: Bool

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
        place = Self.place(of: path)
        try Self.checkAccess(path, access)
        switch access {
        case .reading:
            lock = nil
            (connection, folder, isSnapshot) = try Self.openForReading(place, path)
        case .writing:
            let lock = try StoreLock(store: place, name: path)
            self.lock = lock
            folder = nil
            isSnapshot = false
            let place = place
            connection = try Self.translate(path) {
                try Self.make(place)
                let connection = try Self.open(
                    place, path, busySeconds: 60, largestPageCount: largestPageCount)
                if lock.isAlone {
                    try Self.prepareSchema(connection, path: path)
                    lock.share()
                } else {
                    try Self.checkSchema(connection, path: path, access: .writing)
                }
                return connection
            }
        }
    }

    /// Ends the use of the file: nothing else may be asked of the store after it.
    public func close() {
        connection.close()
        lock?.release()
    }

    /// Takes a run for this process.
    func hold(_ run: String) throws(StoreError) { try lock?.hold(run) }

    /// Lets other processes go on with a run that this one has begun or taken up.
    package func release(_ run: String) {
        // What came between its end and this; a run that is taken up drops it, too.
        try? write { db in try forgetWish(number(of: run, db), db) }
        lock?.release(run)
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

    /// The file's path without links on the way: SQLite keeps its other files beside that.
    private static func place(of path: String) -> String {
        func resolved(_ path: String) -> String? {
            guard let whole = realpath(path, nil) else { return nil }
            defer { free(whole) }
            return String(cString: whole)
        }
        if let whole = resolved(path) { return whole }
        // A link may lead to where there is nothing yet.
        let target = OutputFile.destination(of: path) ?? path
        let name = target.split(separator: "/").last.map(String.init) ?? target
        return resolved(Folder.parent(of: target)).map { $0 + "/" + name } ?? path
    }

    /// Makes the file where there is none: SQLite by itself would let nobody but its owner write it,
    /// whatever the umask. One that is there is not opened: to close it again would give back the locks by which
    /// other connections of this process keep SQLite's other files from being taken away under them.
    private static func make(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            if errno == EEXIST { return }
            throw StoreError.cannotOpen(path: path, reason: systemReason())
        }
        Glibc.close(descriptor)
    }

    private static func open(
        _ file: String, _ path: String, isReadOnly: Bool = false, busySeconds: Double,
        largestPageCount: Int? = nil
    ) throws -> SQLiteConnection {
        try SQLiteConnection(path: file, isReadOnly: isReadOnly, busySeconds: busySeconds) { db in
            try Self.checkFormat(db, path: path)
            try db.execute(sql: "PRAGMA synchronous = FULL")
            if let largestPageCount {
                try db.execute(sql: "PRAGMA max_page_count = \(largestPageCount)")
            }
        }
    }

    /// Opens a store that is to be read, by the first way that leads to its runs.
    private static func openForReading(
        _ place: String, _ path: String
    ) throws(StoreError) -> (SQLiteConnection, TemporaryFolder?, isSnapshot: Bool) {
        // A reader that may write takes SQLite's files away with it again.
        let isOurs = isWritable(place)
        let ways = isOurs ? [.asItIs, .copy] : ReadableStore.ways(place)
        var failure: StoreError?
        for way in ways {
            do throws(StoreError) {
                return try translate(path) {
                    let folder = way == .copy ? try TemporaryFolder() : nil
                    let file = try way.file(of: place) { try folder?.url ?? TemporaryFolder().url }
                    let connection = try open(
                        file, path, isReadOnly: !isOurs && !way.isWritable, busySeconds: 10)
                    if way == .copy {
                        // A copy can be brought up to date, which the store itself must wait for.
                        try prepareSchema(connection, path: path)
                    } else {
                        try checkSchema(connection, path: path, access: .reading)
                    }
                    return (connection, folder, way != .asItIs)
                }
            } catch {
                switch error {
                case .cannotOpen, .cannotWrite, .older, .noSharedMemory: failure = failure ?? error
                default: throw error
                }
            }
        }
        throw failure ?? .cannotOpen(path: path, reason: "nobody knows why")
    }

    /// Whether SQLite may write the file and make others beside it.
    private static func isWritable(_ path: String) -> Bool {
        Glibc.access(path, W_OK) == 0 && Glibc.access(Folder.parent(of: path), W_OK) == 0
    }

    /// Tells our files from others before anything is changed in them.
    private static func checkFormat(_ db: SQLiteDatabase, path: String) throws {
        let id = try db.value(Int.self, sql: "PRAGMA application_id") ?? 0
        if id == Int(StoreSchema.applicationID) { return }
        let tables = try db.value(Int.self, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard id == 0, tables == 0 else { throw StoreError.notAStore(path: path) }
    }

    /// Refuses a store whose tables are another version's, of which a reader understands some.
    private static func checkSchema(
        _ connection: SQLiteConnection, path: String, access: Access
    ) throws {
        let migrator = StoreSchema.migrator
        try connection.read { db in
            if try migrator.isSuperseded(db) { throw StoreError.newer(path: path) }
            switch access {
            case .reading: _ = try StoreSchema.firstClient(db, path: path)
            case .writing:
                guard try migrator.isComplete(db) else { throw StoreError.older(path: path) }
            }
        }
    }

    /// Makes the tables, or brings an earlier version's up to date: for whoever is alone with the file.
    private static func prepareSchema(_ connection: SQLiteConnection, path: String) throws {
        let migrator = StoreSchema.migrator
        try connection.use { db in
            if try migrator.isSuperseded(db) { throw StoreError.newer(path: path) }
            // Large pages: a model's blob is most of what is written.
            try db.execute(sql: "PRAGMA page_size = 16384")
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
            // Where SQLite's processes cannot share memory, it stays with another mode and says so.
            let mode = try db.value(String.self, sql: "PRAGMA journal_mode = WAL")
            guard mode?.lowercased() == "wal" else { throw StoreError.noSharedMemory(path: path) }
        }
        try migrator.migrate(connection)
    }

    // MARK: Access

    package func read<Result>(_ body: (SQLiteDatabase) throws -> Result) throws(StoreError)
        -> Result
    {
        try Self.translate(path) { try connection.read(body) }
    }

    package func write<Result>(_ body: (SQLiteDatabase) throws -> Result) throws(StoreError)
        -> Result
    {
        guard access == .writing else {
            throw .cannotWrite(path: path, reason: "it was opened for reading")
        }
        return try Self.translate(path) { try connection.write(body) }
    }

    /// Says in our words what went wrong in SQLite.
    private static func translate<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch let error as SQLiteError {
            throw storeError(error, path)
        } catch let error as FileError {
            throw .cannotOpen(path: path, reason: error.description)
        } catch {
            throw .failed(path: path, reason: "\(error)")
        }
    }

    /// What SQLite's error means of a store.
    package static func storeError(_ error: SQLiteError, _ path: String) -> StoreError {
        let message = error.message
        switch error.extendedCode {
        case csqlite_ioerr_shmopen, csqlite_ioerr_shmlock, csqlite_ioerr_shmmap, csqlite_ioerr_mmap:
            return .noSharedMemory(path: path)
        case csqlite_ioerr_lock, csqlite_ioerr_unlock, csqlite_ioerr_rdlock,
            csqlite_ioerr_checkreservedlock:
            return .noLocks(path: path, reason: message)
        default: break
        }
        return switch error.code {
        case SQLITE_NOTADB: .notAStore(path: path)
        // A value of a kind that its column has not.
        case SQLITE_CORRUPT, SQLITE_MISMATCH: .damaged(path: path, detail: message)
        case SQLITE_FULL: .cannotWrite(path: path, reason: "the disk is full")
        case SQLITE_PROTOCOL: .noLocks(path: path, reason: message)
        // Of its files beside the store SQLite only says that they fail.
        case SQLITE_IOERR:
            .cannotWrite(path: path, reason: isFull(path) ? "the disk is full" : message)
        case SQLITE_READONLY, SQLITE_PERM: .cannotWrite(path: path, reason: message)
        case SQLITE_CANTOPEN: .cannotOpen(path: path, reason: message)
        case SQLITE_BUSY, SQLITE_LOCKED: .inUse(path: path, process: nil)
        default: .failed(path: path, reason: message)
        }
    }

    /// Whether nothing more fits on the file's disk.
    private static func isFull(_ path: String) -> Bool {
        var status = statvfs()
        return statvfs(Folder.parent(of: path), &status) == 0
            && Int(status.f_bavail) * Int(status.f_frsize) < 1 << 16
    }
}
