import CKernels
import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs `body(worker, index)` for every index in 0 ..< `count` on `threads` threads of its own.
///
/// Indices are handed out in order as workers become free; `worker` is in 0 ..< `threads` and one
/// worker runs one index at a time, so state may be kept per worker. Training and evaluation run
/// here and not on Swift's cooperative pool, which CPU-bound work would starve.
public func parallelFor(
    count: Int, threads: Int, _ body: @Sendable (_ worker: Int, _ index: Int) -> Void
) {
    let queue = WorkQueue<Int>(Array((0..<count).reversed()))
    queue.drain(threads: min(threads, max(count, 1))) { worker, index in body(worker, index) }
}

/// Work that may bring more work: a line of items that threads take from until all is done.
public final class WorkQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item]
        var running = 0
        var waiting = 0
        var waitedSeconds = 0.0
        var lastSeconds = 0.0

        /// Adds up what those who wait have waited since the last change, and lets others join or leave.
        mutating func note(waiting change: Int = 0) {
            let now = MonotonicClock.seconds()
            waitedSeconds += Double(waiting) * (now - lastSeconds)
            (waiting, lastSeconds) = (waiting + change, now)
        }
    }

    private let lock = PosixLock()
    private nonisolated(unsafe) var state: State

    /// A line of these; the last is taken first.
    public init(_ items: [Item]) {
        state = State(items: items)
    }

    /// Where added work goes.
    public enum Place: Sendable {
        /// Taken next, the last of it first.
        case front
        /// Taken when all that is there now has been taken.
        case back
    }

    /// Adds work; may be called from a running item.
    public func push(contentsOf items: [Item], at place: Place = .front) {
        lock.withLock {
            switch place {
            case .front: state.items.append(contentsOf: items)
            case .back: state.items.insert(contentsOf: items, at: 0)
            }
            lock.wakeAll()
        }
    }

    /// Keeps `drain` from returning when all is done, until `close`: more work may come from outside.
    public func holdOpen() {
        lock.withLock { state.running += 1 }
    }

    /// Ends what `holdOpen` began: `drain` returns as soon as all is done.
    public func close() {
        lock.withLock {
            state.running -= 1
            lock.wakeAll()
        }
    }

    /// How long threads have waited for work until now, in seconds, summed over them.
    public var waitedSeconds: Double {
        lock.withLock {
            state.note()
            return state.waitedSeconds
        }
    }

    /// Drops all work that has not begun.
    public func removeAll() {
        lock.withLock {
            state.items.removeAll()
            lock.wakeAll()
        }
    }

    /// Runs `body` on every item, those pushed meanwhile included, and returns when all are done.
    ///
    /// One thread is the caller's own.
    public func drain(threads: Int, _ body: @Sendable (_ worker: Int, _ item: Item) -> Void) {
        precondition(threads > 0, "work needs at least one thread, not \(threads)")
        withoutActuallyEscaping(body) { body in
            let helpers = (1..<threads).map { worker in
                WorkerThread { self.work(worker, body) }
            }
            work(0, body)
            for helper in helpers { helper.join() }
        }
    }

    private func work(_ worker: Int, _ body: (Int, Item) -> Void) {
        while let item = take() {
            body(worker, item)
            lock.withLock {
                state.running -= 1
                if state.running == 0 { lock.wakeAll() }
            }
        }
    }

    private func take() -> Item? {
        lock.withLock {
            while true {
                if let item = state.items.popLast() {
                    state.running += 1
                    return item
                }
                if state.running == 0 { return nil }
                state.note(waiting: 1)
                lock.wait()
                state.note(waiting: -1)
            }
        }
    }
}

/// A POSIX mutex with a condition: `Mutex` of the standard library has none to wait on.
private final class PosixLock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    func wait() { pthread_cond_wait(condition, mutex) }
    func wakeAll() { pthread_cond_broadcast(condition) }
}

/// One POSIX thread that runs a closure.
private struct WorkerThread {
    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private var thread = pthread_t()

    init(_ body: @escaping () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        let status = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        precondition(status == 0, "the system gave no thread (error \(status))")
    }

    func join() { pthread_join(thread, nil) }
}
