import Federation
import FederationWire
import Foundation
import Synchronization
import Training

/// Runs of this process, as far as they are: what a page of them shows.
///
/// Whoever carries them out says what happens; whoever shows them asks from any thread.
public final class LiveRuns: Sendable {
    /// One of them.
    package struct Entry: Sendable {
        /// What tells it from the others, in addresses, too.
        package let id: String
        /// What it is called in a list of them.
        package let title: String
        /// Its log so far, without weights.
        package fileprivate(set) var log: RunLog
        /// The run, while it goes on.
        package fileprivate(set) var run: ExperimentRun?
        /// Whether it has begun.
        package fileprivate(set) var hasBegun = false
        /// Whether it is over.
        package fileprivate(set) var isOver = false
        /// When the round that is under way was opened.
        package fileprivate(set) var openedAt: Date?
        /// Counts what has happened to it.
        package fileprivate(set) var changes = 0
    }

    private struct State {
        var order: [String] = []
        var entries: [String: Entry] = [:]
        var revision = 0
        var isPaused = false
        /// The revision at which each changed last.
        var revisions: [String: Int] = [:]
    }

    /// Whether there is but one, which the page is about.
    package let isOne: Bool
    /// Ends them all.
    package let stop: @Sendable () -> Void
    private let state = Mutex(State())

    /// Nothing yet.
    /// - Parameters:
    ///   - isOne: whether one run is all that there will be.
    ///   - stop: ends them all.
    package init(isOne: Bool, stop: @escaping @Sendable () -> Void) {
        self.isOne = isOne
        self.stop = stop
    }

    // MARK: What happens

    /// There will be such a run.
    package func plan(_ id: String, title: String, log: RunLog) {
        change(id) { state in
            state.order.append(id)
            state.entries[id] = Entry(id: id, title: title, log: log)
        }
    }

    /// A run begins, or goes on after the rounds that it has.
    package func begin(_ id: String, title: String, _ run: ExperimentRun) {
        var log = run.header
        for round in run.resumed?.rounds ?? [] { log.append(round) }
        change(id) { state in
            if state.entries[id] == nil { state.order.append(id) }
            var entry = state.entries[id] ?? Entry(id: id, title: title, log: log)
            entry.log = log
            entry.run = run
            entry.hasBegun = true
            entry.openedAt = Date()
            state.entries[id] = entry
            if state.isPaused { run.progress.gate.pause() }
        }
    }

    /// Lets none of them begin a further round, or lets them again.
    package func pause(_ isPaused: Bool) {
        let runs = state.withLock { state in
            state.isPaused = isPaused
            let going = state.entries.values.filter { $0.run != nil }
            state.revision += 1
            for entry in going {
                state.entries[entry.id]?.changes += 1
                state.revisions[entry.id] = state.revision
            }
            return going.compactMap(\.run)
        }
        for run in runs { isPaused ? run.progress.gate.pause() : run.progress.gate.resume() }
    }

    /// A round is committed.
    package func note(_ id: String, _ round: CommittedRound) {
        change(id) { state in
            state.entries[id]?.log.append(round)
            state.entries[id]?.openedAt = Date()
        }
    }

    /// It is over.
    package func end(_ id: String, _ log: RunLog) {
        change(id) { state in
            state.entries[id]?.log = log
            state.entries[id]?.run = nil
            state.entries[id]?.isOver = true
            state.entries[id]?.openedAt = nil
        }
    }

    private func change(_ id: String, _ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            state.entries[id]?.changes += 1
            state.revision += 1
            state.revisions[id] = state.revision
        }
    }

    // MARK: What is asked

    /// The one run's name; nil before it has begun, and where there may be several.
    package var only: String? { isOne ? state.withLock { $0.order.first } : nil }

    /// That run; nil where there is none of that name.
    package func entry(_ id: String) -> Entry? { state.withLock { $0.entries[id] } }

    /// All, or those that have changed after that revision; and the newest revision.
    package func entries(since revision: Int = 0) -> (entries: [Entry], revision: Int) {
        state.withLock { state in
            let ids = state.order.filter { state.revisions[$0, default: 0] > revision }
            return (ids.compactMap { state.entries[$0] }, state.revision)
        }
    }
}

extension LiveRuns.Entry {
    /// How much of the open round is done, 0…1; nil where none is open.
    package var roundProgress: Double? { run.map { RunPace.done($0.progress.snapshot) } }

    /// Whether it lets no further round begin.
    package var isPaused: Bool { run?.progress.gate.isPaused ?? false }

    /// What it does now.
    package var phase: RunState.Phase {
        guard !isOver else { return .finished }
        guard let snapshot = run?.progress.snapshot else { return .waiting }
        if run?.progress.gate.isHolding == true { return .paused }
        let hasTrained = snapshot.roundImagesTrained >= snapshot.roundTrainingImages
        return snapshot.round > 0 && hasTrained ? .evaluating : .training
    }
}
