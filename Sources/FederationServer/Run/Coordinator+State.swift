import Federation
import FederationWire
import Foundation

extension Coordinator {
    /// What the live page shows, as `GET /state` and each event of `GET /events` have it.
    var state: RunState {
        var facts = run.served.facts
        facts.startedAt = run.served.startedAt
        facts.settings["insecure"] = .bool(presentation.isInsecure)
        facts.settings["address"] = .string(presentation.address)
        var state = RunState(
            version: presentation.version, run: facts, phase: phase,
            outcome: run.outcome?.description, round: run.machine.engine.currentRound)
        state.roundOpenedAt = run.openRound == nil ? nil : run.openedAt
        state.deadlineAt = run.deadlineAt
        state.rounds = run.trace.rounds
        state.results = run.trace.results
        let seen = clientsSeen
        state.clients = listed(seen).map { shown($0) }
        if state.clients.count < seen.count { state.clientsSeen = seen.count }
        state.waiting = waiting
        if let waiting = state.waiting {
            state.waitingSince = run.waitingSince ?? run.openedAt ?? run.served.startedAt
            state.waitingCommand = waiting.missing.first.map {
                "federated join \(presentation.address) --id \($0)"
            }
        }
        state.drops = run.drops
        state.events = run.events
        return state
    }

    /// Clients that have been heard of, and those that rounds of an earlier life of the server are of.
    private var clientsSeen: [Int] {
        let here = run.members.values.filter(\.hasJoined).map(\.client)
        return Set(here).union(run.trace.clientIDs).sorted()
    }

    /// Of many those that train, then those that took part last.
    private func listed(_ seen: [Int]) -> [Int] {
        guard seen.count > RunTrace.clientLimit else { return seen }
        let training = seen.filter {
            run.members[$0]?.state(openRound: run.openRound) == .training
        }
        let first = training.prefix(RunTrace.clientLimit)
        let others = run.trace.listed(seen).filter { !first.contains($0) }
        return (first + others.prefix(RunTrace.clientLimit - first.count)).sorted()
    }

    /// A client as rounds show it and as it is now.
    private func shown(_ client: Int) -> RunState.Client {
        var shown = run.trace.client(client)
        guard let member = run.members[client], member.hasJoined else {
            // It has not come back since the server was started again.
            shown.state = .idle
            return shown
        }
        member.show(in: &shown, openRound: run.openRound)
        return shown
    }

    private var phase: RunState.Phase {
        if run.outcome != nil { return .finished }
        switch run.machine.engine.phase {
        case .idle, .waiting: return .waiting
        case .open: return isWorking ? .training : .waiting
        case .closing: return .evaluating
        case .finished: return .finished
        }
    }

    /// Whether anyone who is there has something to do in the open round, or all have done it.
    private var isWorking: Bool {
        if waiting == nil { return true }
        return run.members.values.contains { $0.state(openRound: run.openRound) == .training }
    }

    /// What `GET /metrics` says of the run.
    var gauges: RunGauges {
        var states: [RunState.Client.State: Int] = [:]
        for member in run.members.values where member.hasJoined {
            states[member.state(openRound: run.openRound), default: 0] += 1
        }
        let last = run.trace.rounds.last
        return RunGauges(
            phase: phase, committedRounds: run.publication.round, rounds: run.settings.rounds,
            accuracy: last?.accuracy, loss: last?.loss, roundSeconds: last?.seconds,
            clientStates: states, polls: run.members.values.count { $0.poll != nil })
    }
}

/// Numbers of one moment of a run.
struct RunGauges: Sendable {
    var phase: RunState.Phase
    var committedRounds: Int
    var rounds: Int
    var accuracy: Double?
    var loss: Double?
    var roundSeconds: Double?
    var clientStates: [RunState.Client.State: Int]
    var polls: Int
}
