import FederationWire
import Foundation
import NIOCore
import Platform
import ServiceLifecycle

/// Serves pages of runs on loopback: of one, or of a list with each run's behind it.
///
/// Whoever uses this machine may look; steering takes the token in the address.
public final class PageServer: Sendable {
    /// As it was asked for.
    public var configuration: ServerConfiguration { listener.configuration }

    private let listener: HTTPListener
    private let pages: any RunPages
    private let feeds: PageFeeds
    private let token: SteeringToken
    private let report: @Sendable (String) -> Void

    /// A server that waits for `run()`.
    /// - Parameter report: told what is the server's own fault, for the operator.
    /// - Throws: `ExposureError` where others could reach it.
    public init(
        _ configuration: ServerConfiguration, pages: any RunPages,
        report: @escaping @Sendable (String) -> Void
    ) throws {
        listener = try HTTPListener(configuration)
        self.pages = pages
        self.report = report
        token = SteeringToken()
        feeds = PageFeeds(limit: configuration.limits.watchers, time: configuration.time)
    }

    /// Serves until `stop()`.
    /// - Throws: `ListenError`, `ResourceShortage`.
    public func run() async throws {
        let router = listener.router(Route.pages(isList: pages.only == nil), report: report)
        let routes = PageRoutes(
            pages: pages, token: token, feeds: feeds, connections: listener.connections,
            limits: configuration.limits)
        routes.add(to: router)
        let upkeep = PageUpkeep(
            routes: routes, time: configuration.time,
            feedSeconds: configuration.timing.feedSeconds,
            stallSeconds: configuration.limits.watcherStallSeconds)
        try await listener.run(router, services: [upkeep]) { _ in }
    }

    /// The port that it listens on; nil if it does not.
    public var port: Int? { get async { await listener.port } }

    /// Where the page is, with the token that steering takes behind it.
    public var address: String {
        get async {
            configuration.address(port: await port) + "/#token=\(token.text)"
        }
    }

    /// Stops.
    public func stop() {
        listener.stop { [feeds] in feeds.close() }
    }

    /// Waits until those who watch have been told how it ended, so many seconds at most.
    public func waitUntilWatchersKnow(seconds: Double) async {
        let time = configuration.time
        let end = time.seconds() + seconds
        while time.seconds() < end {
            let all = feeds.watched
            // Twice, because what is sent is on its way for a moment.
            let know = all.allSatisfy { run, _, told in
                told == (try? pages.version(of: run))
            }
            try? await time.sleep(seconds: configuration.timing.feedSeconds)
            if know { return }
        }
    }
}

/// Tells browsers what has changed, at regular times.
struct PageUpkeep: Service {
    let routes: PageRoutes
    let time: any TimeSource
    let feedSeconds: Double
    let stallSeconds: Double

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var last = time.seconds()
            while (try? await time.sleep(seconds: feedSeconds)) != nil {
                let isLong = time.seconds() - last >= 10
                if isLong { last = time.seconds() }
                for (run, feed, told) in routes.feeds.watched {
                    feed.dropStalled(afterSeconds: stallSeconds)
                    await tell(run, feed, told: told, isLong: isLong)
                }
            }
        }
    }

    private func tell(_ run: String?, _ feed: StateFeed, told: Int?, isLong: Bool) async {
        do {
            let version = try await routes.off { [pages = routes.pages] in
                try pages.version(of: run)
            }
            if version != told {
                routes.feeds.tell(run, version: version)
                feed.send(try await routes.event(of: run))
                return
            }
        } catch {
            // A run that is gone, or a store that cannot be read now: who asks is told why.
        }
        // Keeps proxies from taking the silence for an end.
        if isLong { feed.send(ByteBuffer(string: ": nothing has changed\n\n")) }
    }
}
