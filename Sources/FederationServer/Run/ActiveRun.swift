import Federation
import FederationWire
import Foundation
import Parameters

/// The run that is being served, as far as one moment shows it.
package struct ActiveRun {
    /// Counts the runs of this server: work for an earlier one is recognised by it.
    let number: Int
    package internal(set) var served: ServedRun
    /// Decides what happens when, and knows what has come of it.
    package internal(set) var machine: RunMachine
    /// The committed model.
    private(set) var publication: ModelPublication
    var members: [Int: Member] = [:]
    /// The last committed round that an update of a client is part of.
    private(set) var counted: [Int: Int] = [:]
    /// Requests that have brought an update which is being folded in, by client.
    var settling: [Int: [CheckedContinuation<Settlement?, Never>]] = [:]
    /// Whether a client has reported, in this or an earlier life of the server.
    var hasReports: Bool

    var openedAt: Date?
    /// Whether all that the open round needs have been there.
    var isReady = false
    var deadlineAt: Date?
    /// What the committed rounds say for the page.
    private(set) var trace = RunTrace()
    /// Bytes that clients had sent and received when the last round was committed.
    private var countedBytes = 0
    /// Since when the run waits for somebody.
    var waitingSince: Date?
    /// The last of the clients that vanished.
    private(set) var drops: [ClientDrop] = []
    private(set) var events: [RunState.Event] = []

    init(_ served: ServedRun, number: Int, workers: Workers) {
        self.number = number
        self.served = served
        machine = RunMachine(served.plan, state: served.state, resuming: served.rounds)
        publication = ModelPublication(
            round: served.rounds.count, parameters: served.state.model,
            settings: served.settings, layout: served.plan.layout, workers: workers)
        hasReports = !served.rounds.isEmpty || !served.keptUpdates.isEmpty
        drops = Array(served.rounds.flatMap(\.drops).suffix(200))
        for round in served.rounds { note(round, closedAt: nil) }
    }

    var settings: RunSettings { served.settings }
    package var rules: RoundEngine.Configuration { served.plan.rules }

    /// The round that clients may report in.
    package var openRound: Int? { machine.openRound }

    /// How the run ended; nil while it goes on, and where it can't because of what is not permanent.
    package var outcome: Outcome? {
        guard let result = machine.result, result.commitError == nil else { return nil }
        return result.outcome
    }

    /// Whether the run has a client of that id.
    func takes(_ client: Int) -> Bool { (0..<settings.clients).contains(client) }

    /// Hands out another model.
    mutating func publish(_ model: ParameterVector, round: Int, by workers: Workers) {
        publication = ModelPublication(
            round: round, parameters: model, settings: settings, layout: served.plan.layout,
            workers: workers)
    }

    /// Nothing will come of the updates that are being folded in.
    mutating func forgetUpdates() {
        let waiters = settling.sorted { $0.key < $1.key }.flatMap(\.value)
        settling = [:]
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    // MARK: For the page

    /// Notes a round that has been made permanent.
    /// - Parameter closedAt: nil where that is not known.
    mutating func note(_ round: CommittedRound, closedAt: Date?) {
        for part in round.record.clients where part.sampleCount != nil {
            counted[part.client] = round.record.round
        }
        let bytes = members.values.reduce(0) { $0 + $1.bytesReceived + $1.bytesSent }
        // Of rounds of an earlier life of the server nobody has counted them.
        trace.append(
            round, closedAt: closedAt, bytes: closedAt == nil ? nil : bytes - countedBytes)
        countedBytes = bytes
    }

    /// Notes a client that vanished: the last 200 are shown.
    mutating func note(_ drop: ClientDrop) {
        drops.append(drop)
        if drops.count > 200 { drops.removeFirst() }
    }

    /// Notes something: the last 200 are shown.
    mutating func note(_ text: String) {
        events.append(RunState.Event(at: Date(), text))
        if events.count > 200 { events.removeFirst(events.count - 200) }
    }
}
