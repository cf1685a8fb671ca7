import Federation
import FederationStore
import Foundation
import JSON
import Synchronization

/// Writes one run to the store while it goes on.
final class RunRecorder: Sendable {
    let store: RunStore
    let name: String

    /// Enters a run, or takes up one that is resumed.
    init(_ store: RunStore, kind: String, run: ExperimentRun, source: DataSource, resumed: String?)
        throws
    {
        self.store = store
        if let resumed {
            name = resumed
            // The log of its interruption is its log until there is another.
            let log = try store.run(resumed).logFile
            try store.end(resumed, header: run.header, isFinished: false, logFile: log)
        } else {
            var known = source
            known.partition = run.inputs.partition
            name = try store.begin(
                kind: kind, header: run.header, source: try JSONValue(encoding: known),
                layout: run.architecture.layout, samples: run.samplesByClient)
        }
    }

    /// Makes a round permanent.
    func commit(_ round: CommittedRound, _ state: FederationState) throws(StoreError) {
        try store.commit(round, state: state, in: name)
    }

    /// Makes an update that a client was told of last until its round is committed.
    func keep(_ update: ModelUpdate) throws(StoreError) {
        try store.keep(update, in: name)
    }

    /// The updates that an earlier life of the server has kept for the round that comes next.
    func keptUpdates() throws(StoreError) -> [ModelUpdate] {
        try store.keptUpdates(of: name)
    }

    /// Notes how the run ended; one that was interrupted may be resumed.
    func end(_ log: RunLog, outcome: Outcome, logFile: String?) throws(StoreError) {
        try store.end(name, header: log, isFinished: outcome != .interrupted, logFile: logFile)
        store.release(name)
    }
}
