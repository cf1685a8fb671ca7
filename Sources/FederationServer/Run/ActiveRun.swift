import Federation
import FederationWire
import Foundation
import Tensors

/// The run that is being served, as far as one moment shows it.
struct ActiveRun {
    /// Counts the runs of this server: work for an earlier one is recognised by it.
    let number: Int
    let served: ServedRun
    var engine: RoundEngine
    /// The committed model.
    var publication: ModelPublication
    /// What is known after the last committed round.
    var state: FederationState
    /// What comes next, while it is tested and made permanent.
    var candidate: FederationState?
    /// The round that clients may report in.
    var openRound: Int?
    /// Counts the opened rounds, repeats of one included.
    var opening = 0
    var sum: RoundSum
    /// One made ahead for the round that comes next.
    var spareSum: RoundSum?
    var members: [Int: Member] = [:]
    /// Whether a client has reported, in this or an earlier life of the server.
    var hasReports: Bool
    var outcome: Outcome?

    let startedAt: Date
    var openedAt: Date?
    var openedSeconds = 0.0
    /// When all that the open round needs were there; nil before.
    var readySeconds: Double?
    var deadlineAt: Date?
    var history: [History] = []
    var drops: [ClientDrop] = []
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

    var settings: RunSettings { served.settings }

    /// Whether there is a client of that number in the run.
    func takes(_ client: Int) -> Bool { (1...settings.clients).contains(client) }

    /// Notes something for the page, which shows the last 200.
    mutating func note(_ text: String) {
        events.append((Date(), text))
        if events.count > 200 { events.removeFirst(events.count - 200) }
    }
}
