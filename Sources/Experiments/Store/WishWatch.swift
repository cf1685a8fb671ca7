import Dispatch
import FederationStore
import Synchronization

/// Looks at what other processes want of a run while it goes on: a few times a second, off the run's
/// threads. A store that cannot be read changes nothing.
package final class WishWatch: Sendable {
    /// What a wish is done with.
    package struct Means: Sendable {
        /// Stops the run as Ctrl-C does.
        var stop: @Sendable () -> Void
        /// Lets no further round begin, or lets them again; nil where the run can't wait.
        var pause: (@Sendable (Bool) -> Void)?
        /// Whether it waits.
        var isWaiting: @Sendable () -> Bool
        /// Told that it waits, and that it goes on.
        var tell: @Sendable (Bool) -> Void

        /// What a run that can't wait has.
        package init(
            stop: @escaping @Sendable () -> Void,
            isWaiting: @escaping @Sendable () -> Bool = { false },
            tell: @escaping @Sendable (Bool) -> Void = { _ in }
        ) {
            (self.stop, self.isWaiting, self.tell) = (stop, isWaiting, tell)
        }
    }

    private struct State {
        var wish: RunWish?
        var hasTold = false
        var isOver = false
    }

    private let store: RunStore
    private let run: @Sendable () -> String?
    private let means: Means
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "wishes")
    private static let milliseconds = 250

    /// Begins to look, and has looked once when this returns.
    /// - Parameter run: the name of the run that goes on now; nil for none.
    package init(of run: @escaping @Sendable () -> String?, in store: RunStore, _ means: Means) {
        (self.run, self.store, self.means) = (run, store, means)
        look()
        lookAgain()
    }

    /// Looks no longer when this returns.
    package func end() { queue.sync { state.withLock { $0.isOver = true } } }

    private func lookAgain() {
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.milliseconds)) { [weak self] in
            guard let self, !state.withLock({ $0.isOver }) else { return }
            look()
            lookAgain()
        }
    }

    private func look() {
        guard let name = run() else { return }
        let found: RunWish?
        do throws(StoreError) { found = try store.wish(of: name) } catch { return }
        let before = state.withLock { state in
            defer { state.wish = found }
            return state.wish
        }
        if found != before { heed(found, before, name) }
        guard found == .pause, means.isWaiting(), !state.withLock({ $0.hasTold }) else { return }
        try? store.obey(.pause, in: name)
        state.withLock { $0.hasTold = true }
        means.tell(true)
    }

    private func heed(_ wish: RunWish?, _ before: RunWish?, _ name: String) {
        if wish == .stop { means.stop() }
        guard let pause = means.pause else {
            // Nobody is to wait for what never comes.
            if wish == .pause { try? store.setWish(nil, of: name) }
            return
        }
        if wish == .pause { return pause(true) }
        guard before == .pause else { return }
        pause(false)
        let hadTold = state.withLock { state in
            defer { state.hasTold = false }
            return state.hasTold
        }
        if hadTold { means.tell(false) }
    }
}
