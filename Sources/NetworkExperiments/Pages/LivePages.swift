import Experiments
import Federation
import FederationServer
import FederationWire
import Foundation
import JSON
import Platform

/// What this process does, for a page: one run, or the runs of a sweep.
public final class LivePages: RunPages {
    private let runs: LiveRuns

    /// The page of what is told to `runs`.
    public init(_ runs: LiveRuns) { self.runs = runs }

    /// The one run.
    public var only: String? { runs.only }

    /// Counts what has happened, and hundredths of the open round.
    public func version(of run: String?) throws -> Int {
        guard let run else {
            return runs.entries().revision
        }
        let entry = try entry(run)
        var hasher = Hasher()
        hasher.combine(entry.changes)
        hasher.combine(entry.phase)
        hasher.combine(entry.roundProgress.map { Int($0 * 100) })
        return hasher.finalize()
    }

    /// A run's state, up to the round that is under way.
    public func state(of run: String) throws -> RunState {
        let entry = try entry(run)
        var state = RunReport.state(of: entry.log, name: run, phase: entry.phase)
        state.roundOpenedAt = entry.openedAt
        state.roundProgress = entry.roundProgress
        if !runs.isOne { state.home = "../../" }
        state.steering = RunState.Steering(actions: actions(of: entry), why: nil)
        return state
    }

    /// The runs that there are, as far as they are.
    public func list(since revision: Int?) throws -> JSONValue {
        let (entries, newest) = runs.entries(since: revision ?? 0)
        let rows = entries.map { entry in
            var row = RunRow(entry)
            row.actions = actions(of: entry)
            return row.json
        }
        return [
            "version": .string(LibraryVersion.text), "store": nil,
            "revision": .integer(newest), "runs": .array(rows), "removed": [],
            "steering": ["allowed": true, "why": nil],
        ]
    }

    /// Stops, pauses or goes on: with all, where there are several.
    public func perform(_ action: RunAction, on run: String) throws -> String {
        let entry = try entry(run)
        guard actions(of: entry).contains(action.kind) else {
            throw APIError(
                .runInProgress,
                entry.isOver
                    ? "run \(run) is over" : "\(action.kind.rawValue) is nothing for this page")
        }
        let what = runs.isOne ? "the run" : "the sweep"
        switch action {
        case .stop:
            runs.stop()
            return "\(what) stops within a moment"
        case .pause:
            runs.pause(true)
            return "\(what) pauses when its rounds are over"
        case .resume:
            runs.pause(false)
            return "\(what) goes on"
        case .rename, .tag, .note, .remove, .extend:
            throw APIError(.runInProgress, "federated page does that, once the run is in a store")
        }
    }

    private func actions(of entry: LiveRuns.Entry) -> [RunAction.Kind] {
        if entry.isOver || !entry.hasBegun { return [] }
        // Clients over loopback train on when they are asked.
        guard entry.run?.canPause == true else { return [.stop] }
        return [.stop, entry.isPaused ? .resume : .pause]
    }

    private func entry(_ run: String) throws(APIError) -> LiveRuns.Entry {
        guard let entry = runs.entry(run) else { throw StorePages.unknown(run) }
        return entry
    }
}
