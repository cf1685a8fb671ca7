import FederationWire
import NIOCore
import Platform
import Synchronization

/// Tells all who watch the live page what has changed, at most four times a second.
package final class StateFeed: Sendable {
    private struct State {
        /// The watcher to do without, if one has to be.
        var slowest: Int? {
            watchers.min {
                let (one, other) = (
                    $0.value.takesSince ?? .infinity, $1.value.takesSince ?? .infinity
                )
                return (one, $0.key) < (other, $1.key)
            }?.key
        }

        var hasChanged = false
        var isClosed = false
        var next = 0
        var watchers: [Int: Watcher] = [:]
    }

    /// A browser that is told.
    private struct Watcher {
        var continuation: AsyncStream<ByteBuffer>.Continuation
        var connection: Connection
        /// Since when it has been taking what was told last, which a slow one does not end.
        var takesSince: Double?

        /// Ends the stream; one that takes nothing would not notice.
        func end() {
            continuation.finish()
            if takesSince != nil { connection.cut() }
        }
    }

    private let limit: Int
    private let time: any TimeSource
    private let state = Mutex(State())

    package init(limit: Int, time: any TimeSource = SystemTime()) {
        self.limit = limit
        self.time = time
    }

    /// How many watch.
    var watcherCount: Int { state.withLock { $0.watchers.count } }

    /// The state is another than was told last.
    func markChanged() { state.withLock { $0.hasChanged = true } }

    /// Whether there is something to tell and someone to hear it; asks once for each change.
    func takeChange() -> Bool {
        state.withLock { state in
            guard state.hasChanged, !state.watchers.isEmpty else { return false }
            state.hasChanged = false
            return true
        }
    }

    /// A new watcher, who is told of changes from now on. One who is slow misses some.
    ///
    /// Where there are too many, the one that has been slow for longest makes room, else the one that has
    /// watched for longest: a browser comes back by itself, and readers that do nothing but keep a place
    /// lock nobody out.
    /// - Throws: `stopping`.
    func watch(
        on connection: Connection
    ) throws(APIError) -> (number: Int, changes: AsyncStream<ByteBuffer>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(1))
        let (number, displaced) = state.withLock { state -> (Int?, Watcher?) in
            guard !state.isClosed else { return (nil, nil) }
            var displaced: Watcher?
            if state.watchers.count >= limit, let slowest = state.slowest {
                displaced = state.watchers.removeValue(forKey: slowest)
            }
            state.next += 1
            state.watchers[state.next] = Watcher(
                continuation: continuation, connection: connection)
            return (state.next, displaced)
        }
        guard let number else { throw Coordinator.stopping }
        displaced?.end()
        continuation.onTermination = { _ in
            self.state.withLock { $0.watchers[number] = nil }
        }
        return (number, stream)
    }

    /// A watcher begins to take what is told, or has taken it.
    func takes(_ number: Int, _ isTaking: Bool) {
        let now = time.seconds()
        state.withLock { $0.watchers[number]?.takesSince = isTaking ? now : nil }
    }

    /// Cuts off those who have taken nothing for so long.
    func dropStalled(afterSeconds seconds: Double) {
        let now = time.seconds()
        let stalled = state.withLock { state in
            let numbers = state.watchers.filter { now - ($0.value.takesSince ?? now) > seconds }
                .keys
            return numbers.compactMap { state.watchers.removeValue(forKey: $0) }
        }
        for watcher in stalled { watcher.end() }
    }

    /// Sends bytes to all.
    func send(_ bytes: ByteBuffer) {
        let watchers = state.withLock { Array($0.watchers.values) }
        for watcher in watchers { watcher.continuation.yield(bytes) }
    }

    /// Ends all streams: the server stops.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.end() }
    }
}
