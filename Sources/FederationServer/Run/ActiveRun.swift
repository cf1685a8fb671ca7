import Federation
import FederationWire
import Foundation
import Tensors

/// The run that is being served, as far as one moment shows it.
package struct ActiveRun {
    /// Counts the runs of this server: work for an earlier one is recognised by it.
    let number: Int
    package internal(set) var served: ServedRun
    package internal(set) var engine: RoundEngine
    /// The committed model.
    var publication: ModelPublication
    /// What is known after the last committed round.
    var state: FederationState
    /// What comes next, while it is tested and made permanent.
    var candidate: FederationState?
    /// The aggregate of the open round, and which round that is: a round is opened once.
    var sum: (round: Int, aggregate: RoundSum)?
    /// One made ahead for the round that comes next.
    var spareSum: RoundSum?
    var members: [Int: Member] = [:]
    /// Whether a client has reported, in this or an earlier life of the server.
    var hasReports: Bool
    package internal(set) var outcome: Outcome?

    let startedAt = Date()
    var openedAt: Date?
    var openedSeconds = 0.0
    var deadlineAt: Date?
    var history: [History] = []
    /// The last of the clients that vanished, and how many there were.
    var drops: [Drop] = []
    var events: [(at: Date, text: String)] = []

    /// A committed round for the page.
    struct History {
        var round: Int
        var global: Evaluation?
        var seconds: Double?
        var closedAt: Date?
        /// Accuracies of the clients' models, lowest to highest; nil if none was evaluated.
        var clients: ClosedRange<Double>?

        init(_ record: RoundRecord, seconds: Double?, closedAt: Date? = nil) {
            round = record.round
            global = record.global
            self.seconds = seconds
            self.closedAt = closedAt
            let accuracies = record.clients.compactMap { $0.evaluation?.accuracy }
                .filter(\.isFinite)
            if let lowest = accuracies.min(), let highest = accuracies.max() {
                clients = lowest...highest
            }
        }
    }

    /// A client that vanished.
    struct Drop {
        var at: Date
        var client: Int
        var round: Int
        var reason: String
    }

    var settings: RunSettings { served.settings }

    /// The round that clients may report in: the engine's, once there is an aggregate for it.
    var openRound: Int? {
        guard let sum, sum.round == engine.openRound else { return nil }
        return sum.round
    }

    /// Whether the run has a client of that id.
    func takes(_ client: Int) -> Bool { (0..<settings.clients).contains(client) }

    /// Notes a client that vanished for the page, which shows the last 200.
    mutating func note(_ drop: Drop) {
        drops.append(drop)
        if drops.count > 200 { drops.removeFirst() }
    }

    /// Notes something for the page, which shows the last 200.
    mutating func note(_ text: String) {
        events.append((Date(), text))
        if events.count > 200 { events.removeFirst(events.count - 200) }
    }
}
