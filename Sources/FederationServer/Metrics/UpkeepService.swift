import NIOCore
import Platform
import ServiceLifecycle

/// What the server does at regular times: looks for clients that have vanished, and tells browsers
/// what has changed.
struct UpkeepService: Service {
    let coordinator: Coordinator
    let feed: StateFeed
    let routes: ObservationRoutes
    let timing: ServerTiming
    let time: any TimeSource
    let limits: ServerLimits

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await keepUp() }
                group.addTask { await tell() }
            }
        }
    }

    private func keepUp() async {
        while (try? await time.sleep(seconds: timing.upkeepSeconds)) != nil {
            await coordinator.upkeep()
        }
    }

    private func tell() async {
        var last = time.seconds()
        while (try? await time.sleep(seconds: timing.feedSeconds)) != nil {
            feed.dropStalled(afterSeconds: limits.watcherStallSeconds)
            let now = time.seconds()
            if feed.takeChange() {
                feed.send(await routes.event())
                last = now
            } else if now - last >= 10 {
                // Keeps proxies from taking the silence for an end.
                feed.send(ByteBuffer(string: ": nothing has changed\n\n"))
                last = now
            }
        }
    }
}
