import Federation
import FederationStore
import Foundation

extension RunRow {
    /// A run that this process carries out, and that is in no store: its state is told in the words of those
    /// that are.
    package init(_ entry: LiveRuns.Entry) {
        let log = entry.log
        let done = log.serverAccuracies.count
        id = entry.id
        // What tells it from the others.
        labels = .titled(entry.title)
        kind = "sweep"
        if entry.isOver {
            state = log.outcome == "interrupted" ? .interrupted : .ended(log.outcome)
            stateText = log.outcome
        } else if entry.hasBegun {
            state = entry.phase == .paused ? .paused : .running
            stateText = state.rawValue
        } else {
            state = .unfinished
            stateText = "not begun yet"
        }
        startedAt =
            entry.hasBegun
            ? log.started.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) : nil
        title = entry.title
        data = entry.hasBegun ? log.datasetWords : "–"
        division = entry.hasBegun ? log.divisionWords : "–"
        strategy = entry.hasBegun ? log.strategyWords : "–"
        model = log.model.words
        clients = log.clientNumber
        cohort = RunSpec(logged: log)?.cohortSize ?? log.clientNumber
        planned = log.maxRound
        rounds = done
        seed = log.seed
        score = log.score
        accuracy = log.serverAccuracies.compactMap(\.self).last
        best = log.serverAccuracies.compactMap(\.self).max()
        loss = log.serverLosses.compactMap(\.self).last
        seconds = log.timings.roundSeconds.reduce(0, +)
        let step = max(1, (done + Self.sparkPoints - 1) / Self.sparkPoints)
        spark = log.serverAccuracies.indices.filter { (done - 1 - $0) % step == 0 }
            .map { log.serverAccuracies[$0] }
        actions = []
    }
}
