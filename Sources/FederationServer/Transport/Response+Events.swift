import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    private static let eventHeaders: HTTPFields = [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
    ]

    /// What HEAD is told of a stream of events.
    static var eventsHead: Response { Response(status: .ok, headers: eventHeaders) }

    /// A stream of server-sent events for a watcher of a feed: what there is now, and each change.
    /// - Parameter first: what there is, asked for once the watcher misses nothing more.
    static func events(
        of feed: StateFeed, _ number: Int, _ changes: AsyncStream<ByteBuffer>,
        first: @escaping @Sendable () async throws -> ByteBuffer
    ) -> Response {
        Response(
            status: .ok, headers: eventHeaders,
            body: ResponseBody { writer in
                func tell(_ bytes: ByteBuffer) async throws {
                    feed.takes(number, true)
                    try await writer.write(bytes)
                    feed.takes(number, false)
                }
                try await tell(await first())
                for await change in changes { try await tell(change) }
                try await writer.finish(nil)
            })
    }
}
