import FederationWire
import NIOCore
import Platform
import Synchronization

/// Who watches what: a feed for the list of runs, and one for each run whose page is open.
final class PageFeeds: Sendable {
    private struct Watched {
        var feed: StateFeed
        /// What the watchers have been told; nil before they were told anything.
        var told: Int?
    }

    private struct State {
        var isClosed = false
        /// By the run's name; nil is the list.
        var watched: [String?: Watched] = [:]
    }

    private let limit: Int
    private let time: any TimeSource
    private let state = Mutex(State())

    init(limit: Int, time: any TimeSource) {
        self.limit = limit
        self.time = time
    }

    /// A new watcher of a run, or of the list.
    /// - Throws: `stopping`.
    func watch(
        _ run: String?, on connection: Connection
    ) throws -> (feed: StateFeed, number: Int, changes: AsyncStream<ByteBuffer>) {
        // In one go: a feed that nobody watches is forgotten.
        try state.withLock { state in
            guard !state.isClosed else { throw Coordinator.stopping }
            let feed = state.watched[run]?.feed ?? StateFeed(limit: limit, time: time)
            let (number, changes) = try feed.watch(on: connection)
            state.watched[run] = state.watched[run] ?? Watched(feed: feed)
            return (feed, number, changes)
        }
    }

    /// All that is watched, with what was told of it last; what nobody watches any more is forgotten.
    var watched: [(run: String?, feed: StateFeed, told: Int?)] {
        state.withLock { state in
            state.watched = state.watched.filter { $0.value.feed.watcherCount > 0 }
            return state.watched.map { ($0.key, $0.value.feed, $0.value.told) }
        }
    }

    /// The watchers of a run, or of the list, are told that version.
    func tell(_ run: String?, version: Int) {
        state.withLock { $0.watched[run]?.told = version }
    }

    /// Ends all streams: the server stops.
    func close() {
        let feeds = state.withLock { state in
            state.isClosed = true
            defer { state.watched = [:] }
            return state.watched.values.map(\.feed)
        }
        for feed in feeds { feed.close() }
    }
}
