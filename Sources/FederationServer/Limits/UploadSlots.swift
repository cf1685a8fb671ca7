import FederationWire
import Platform
import Synchronization

/// Places in memory for what clients upload, or fetch each for itself: who finds none waits in line, so
/// that memory stays flat however many come at once.
package final class UploadSlots: Sendable {
    /// A place; free again when nobody holds it.
    package final class Slot: Sendable {
        private let slots: UploadSlots
        private let since: Double
        fileprivate init(_ slots: UploadSlots) {
            self.slots = slots
            since = slots.time.seconds()
        }
        deinit { slots.release() }

        /// Why whoever has the place has had it long enough, if that is so: while nobody waits for it
        /// one may be slow.
        func overdue(afterSeconds seconds: Double) -> String? {
            let held = slots.time.seconds() - since
            guard held > seconds, slots.load.waiting > 0 else { return nil }
            return """
                the body was not complete after \(Int(held)) s: \
                expected within \(Int(seconds.rounded(.up))) s while others wait
                """
        }
    }

    private struct State {
        var free: Int
        var next = 0
        /// In the order of arrival; those that gave up are nil.
        var waiting: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    let count: Int
    /// What has a place, in the plural.
    private let things: String
    private let time: any TimeSource
    private let state: Mutex<State>

    package init(
        count: Int, of things: String = "uploads", time: any TimeSource = SystemTime()
    ) {
        precondition(count > 0, "uploads need at least one place in memory, not \(count)")
        self.count = count
        self.things = things
        self.time = time
        state = Mutex(State(free: count))
    }

    /// How many uploads have a place, and how many wait for one.
    package var load: (held: Int, waiting: Int) {
        state.withLock { (count - $0.free, $0.waiting.count) }
    }

    /// Waits for a place.
    /// - Throws: `APIError` with the code `too_many_requests` if none becomes free in time.
    package func acquire(timeoutSeconds: Double) async throws(APIError) -> Slot {
        let number = state.withLock { state -> Int? in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            state.next += 1
            return state.next
        }
        guard let number else { return Slot(self) }
        let timer = Task { [time] in
            try await time.sleep(seconds: timeoutSeconds)
            self.giveUp(number)
        }
        let isGranted = await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append((number, continuation))
                return false
            }
            if isFree { continuation.resume(returning: true) }
        }
        timer.cancel()
        guard isGranted else {
            throw APIError(
                .tooManyRequests,
                "the server has had \(count) other \(things) in hand for \(timeoutSeconds) s: "
                    + "try again")
        }
        return Slot(self)
    }

    private func giveUp(_ number: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                return nil
            }
            return state.waiting.remove(at: index).continuation
        }
        continuation?.resume(returning: false)
    }

    private func release() {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        continuation?.resume(returning: true)
    }
}
