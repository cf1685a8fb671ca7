import Foundation
import Synchronization

/// The right to write to a store, which processes share, and to its runs, each of which one process has.
///
/// SQLite keeps the transactions of several processes apart. Only while tables are made or changed must
/// nobody else be there: that is what the file `STORE-lock` is for; versions of federated that shared
/// no store hold it alone.
final class StoreLock: Sendable {
    private let store: String
    /// The store's path as it was given, for messages.
    private let name: String
    private let presence: LockFile
    private let runs = Mutex<[String: LockFile]>([:])
    /// Whether no other process had the store when it was opened.
    let isAlone: Bool

    /// How often a store that somebody has alone is tried again, and after how many microseconds: making
    /// its tables takes others that long at most.
    private static let attempts = 40
    private static let pause: UInt32 = 50_000

    /// - Parameters:
    ///   - store: the store's file, without links on the way.
    ///   - name: how messages call it.
    /// - Throws: `StoreError.inUse`, `.cannotOpen`, `.noLocks`.
    init(store: String, name: String) throws(StoreError) {
        self.store = store
        self.name = name
        var process: Int?
        for attempt in 0..<Self.attempts {
            if attempt > 0 { usleep(Self.pause) }
            for shared in [false, true] {
                do throws(LockFile.Refusal) {
                    presence = try LockFile(store + "-lock", shared: shared)
                    isAlone = !shared
                    return
                } catch {
                    guard case .taken(let holder) = error else {
                        throw Self.storeError(error, name)
                    }
                    process = holder
                }
            }
        }
        throw .inUse(path: name, process: process)
    }

    /// Lets others in, once the tables are there.
    func share() { presence.share() }

    /// Takes a run for this process; nothing changes if it has it already.
    /// - Throws: `StoreError.runInUse`, `.cannotOpen`, `.noLocks`.
    func hold(_ run: String) throws(StoreError) {
        let isHeld = runs.withLock { $0[run] != nil }
        guard !isHeld else { return }
        do throws(LockFile.Refusal) {
            let lock = try LockFile("\(store)-\(run)-lock")
            runs.withLock { $0[run] = lock }
        } catch {
            if case .taken(let process) = error { throw .runInUse(run, process: process) }
            throw Self.storeError(error, name)
        }
    }

    /// Gives a run back.
    func release(_ run: String) {
        let lock = runs.withLock { $0.removeValue(forKey: run) }
        lock?.release()
    }

    /// Gives everything back.
    func release() {
        let held = runs.withLock { runs in
            defer { runs = [:] }
            return Array(runs.values)
        }
        for lock in held { lock.release() }
        presence.release()
    }

    private static func storeError(_ refusal: LockFile.Refusal, _ store: String) -> StoreError {
        switch refusal {
        case .taken(let process): .inUse(path: store, process: process)
        case .cannotOpen(let reason): .cannotOpen(path: store, reason: reason)
        case .unavailable(let reason): .noLocks(path: store, reason: reason)
        }
    }
}
