import Federation
import FederationWire
import Foundation

/// Whom the run waits for.
extension Coordinator {
    /// Ids that are named at most.
    private static let named = 5

    /// What the run waits for that is not there; nil where all that it needs are.
    var waiting: RoundWait? {
        guard run.outcome == nil else { return nil }
        let engine = run.machine.engine
        switch engine.phase {
        case .idle, .closing, .finished: return nil
        case .waiting(let round):
            let needed = engine.neededClients
            return RoundWait(
                round: round, needed: needed, here: engine.roster.count,
                missing: absentees { !engine.roster.contains($0) })
        case .open(let round):
            // Those who have a place and have never been heard of, and places that nobody has.
            let silent = engine.pendingClients.count { !isHere($0) && engine.isTraining($0) }
            let needed = engine.configuration.goal
            let here = engine.takenPlaces - silent
            guard here < needed else { return nil }
            return RoundWait(
                round: round, needed: needed, here: here,
                missing: absentees { !isHere($0) })
        }
    }

    private func isHere(_ client: Int) -> Bool {
        guard let member = run.members[client] else { return false }
        return member.hasJoined && !member.isLost
    }

    /// The first of the clients that are not there.
    private func absentees(_ isAbsent: (Int) -> Bool) -> [Int] {
        var found: [Int] = []
        for client in 0..<run.settings.clients where isAbsent(client) {
            found.append(client)
            if found.count > Self.named { break }
        }
        return found
    }

    /// Begins a round's time when all that it needs are there: what went before was waiting.
    func noteReady() {
        guard run.openRound != nil, !run.isReady, waiting == nil else { return }
        run.isReady = true
        run.machine.restartClock(at: time.seconds())
    }

    /// Tells the operator whom the run waits for now, if that is another than before.
    func reportWaiting(before: RoundWait?) {
        noteReady()
        let now = waiting
        if now == nil { run.waitingSince = nil } else if before == nil { run.waitingSince = Date() }
        if now != before { report(.waiting(now)) }
    }
}
