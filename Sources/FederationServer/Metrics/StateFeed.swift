import FederationWire
import NIOCore
import Synchronization

/// Tells all who watch the live page what has changed, at most four times a second.
package final class StateFeed: Sendable {
    private struct State {
        var hasChanged = false
        var isClosed = false
        var next = 0
        var watchers: [Int: AsyncStream<ByteBuffer>.Continuation] = [:]
    }

    private let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
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
    /// - Throws: `too_many_requests`.
    func watch() throws(APIError) -> AsyncStream<ByteBuffer> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> Int? in
            guard !state.isClosed, state.watchers.count < limit else { return nil }
            state.next += 1
            state.watchers[state.next] = continuation
            return state.next
        }
        guard let number else {
            throw APIError(
                .tooManyRequests, "\(limit) browsers watch already: try again later")
        }
        continuation.onTermination = { _ in
            self.state.withLock { $0.watchers[number] = nil }
        }
        return stream
    }

    /// Sends bytes to all.
    func send(_ bytes: ByteBuffer) {
        let watchers = state.withLock { Array($0.watchers.values) }
        for watcher in watchers { watcher.yield(bytes) }
    }

    /// Ends all streams: the server stops.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }
}
