import Experiments
import Federation
import Foundation
import JSON
import Platform
import Synchronization
import TensorBoard

/// Writes a run's rounds into event files while it goes on. After an error it is silent: the run goes on
/// without.
package final class TensorBoardTracker: RunTracker {
    package var place: (name: String, value: String) { ("events", shown.folder) }
    private let shown: TensorBoardRun
    private let score: RunLog.Score
    private let onFailure: @Sendable (TensorBoardError) -> Void
    private let hasFailed = Mutex(false)

    /// Begins the folder of a run, or goes on with that of one that is resumed.
    /// - Parameters:
    ///   - name: the folder's name.
    ///   - root: the folder that TensorBoard is pointed at.
    ///   - onFailure: told once why no more can be written.
    /// - Throws: `TensorBoardError`.
    package init(
        _ run: ExperimentRun, name: String, in root: String,
        onFailure: @escaping @Sendable (TensorBoardError) -> Void
    ) throws(TensorBoardError) {
        let description = RunDescription(run.header, name: name)
        let score = run.score
        if let resumed = run.resumed {
            shown = try TensorBoardRun(
                description, after: resumed.rounds.map { RoundScalars($0, score: score) }, in: root)
        } else {
            shown = try TensorBoardRun(description, in: root)
        }
        self.score = score
        self.onFailure = onFailure
    }

    package func note(_ round: CommittedRound) {
        attempt { () throws(TensorBoardError) in
            try shown.note(RoundScalars(round, score: score))
        }
    }

    package func end(_ outcome: Outcome) {
        guard let isGood = outcome.isGood else { return }
        attempt { () throws(TensorBoardError) in try shown.end(well: isGood) }
    }

    private func attempt(_ body: () throws(TensorBoardError) -> Void) {
        guard !hasFailed.withLock({ $0 }) else { return }
        do throws(TensorBoardError) {
            try body()
        } catch {
            hasFailed.withLock { $0 = true }
            onFailure(error)
        }
    }
}

extension Outcome {
    /// Whether it is a good end; nil for a run that is to go on.
    fileprivate var isGood: Bool? {
        switch self {
        case .completed, .reachedTarget, .noProgress: true
        case .diverged, .failed: false
        case .interrupted: nil
        }
    }
}

extension FoundRun {
    /// Writes into event files what is not there of the run.
    /// - Parameter root: the folder that TensorBoard is pointed at.
    /// - Returns: the run's folder, and how many rounds it has.
    /// - Throws: `TensorBoardError`.
    package func writeEvents(
        to root: String
    ) throws(TensorBoardError) -> (folder: String, rounds: Int) {
        let shown = try TensorBoardRun(
            RunDescription(log, name: name), after: RoundScalars.all(of: log), in: root)
        if let isGood = Outcome.isGood(log.outcome) { try shown.end(well: isGood) }
        return (shown.folder, shown.roundCount)
    }
}

extension Outcome {
    /// The same of an outcome in a log's words.
    fileprivate static func isGood(_ words: String) -> Bool? {
        if words.isEmpty || words == Outcome.interrupted.description { return nil }
        return !words.hasPrefix("diverged:") && !words.hasPrefix("failed:")
    }
}

extension RunDescription {
    /// What a log says of its run.
    package init(_ log: RunLog, name: String) {
        let told = RunSpec(logged: log)?.told ?? log.configuration.members
        self.init(
            name: name, facts: log.facts(all: true), settings: told.compactMapValues(Setting.init),
            started: log.started)
    }
}

extension RunDescription.Setting {
    /// A setting's value; nil for none.
    fileprivate init?(_ value: JSONValue) {
        switch value {
        case .null: return nil
        case .bool(let isSet): self = .flag(isSet)
        case .integer, .unsigned, .number:
            guard let number = value.double else { return nil }
            self = .number(number)
        case .string, .array, .object: self = .text(value.words)
        }
    }
}
