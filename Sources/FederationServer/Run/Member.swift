import Federation
import FederationWire
import Foundation

/// What the server knows of one client of the run.
struct Member {
    /// An update that was taken.
    struct Receipt: Equatable {
        var round: Int
        var checksum: [UInt8]
    }

    /// A question for the next task that has no answer yet.
    struct Poll {
        var number: Int
        var deadline: Double
        var answer: CheckedContinuation<Answer, Never>
    }

    /// How a poll ends.
    typealias Answer = Result<NextTask, APIError>

    let client: Int
    /// As it said last.
    var sampleCount: Int?
    /// Whether it keeps in touch: those of the plain API may be silent for as long as they like.
    var isRegistered = false
    var isLost = false
    var hasJoined = false
    /// On the monotonic clock, and for people.
    var lastSeenSeconds = 0.0
    var lastSeen: Date?
    /// Open connections that it has used, and when the last of them closed.
    var connections = 0
    var disconnectedSeconds: Double?
    /// Which of the programs that ask for this place has it; nil if it does not say.
    var instance: String?
    /// The last one that was refused because another had the place.
    var refusedInstance: String?
    /// Whether an update of it is being written to the disk.
    var isBeingKept = false
    /// Uploads in progress.
    var uploads = 0
    /// The round that it is to train in, until it has reported.
    var task: Int?
    var receipt: Receipt?
    /// The memory that its model has until it has been tested.
    var slot: UploadSlots.Slot?
    var accuracy: Double?
    var bytesReceived = 0
    var bytesSent = 0
    var imagesPerSecond: Double?
    /// The machine and the version of its program, as it says.
    var host: String?
    var version: String?
    var poll: Poll?
    /// The round of which it has been told whom it waits for.
    var toldOfWaiting: Int?
    /// Whether it has been told that the run is over.
    var knowsEnd = false

    init(client: Int) {
        self.client = client
    }

    /// What the page shows.
    func state(openRound: Int?) -> RunState.Client.State {
        if isLost { return .lost }
        if let openRound, receipt?.round == openRound { return .reported }
        if task != nil { return hasJoined ? .training : .idle }
        return poll != nil ? .waiting : .idle
    }

    /// Adds what is known at this moment to what rounds say.
    func show(in shown: inout RunState.Client, openRound: Int?) {
        shown.state = state(openRound: openRound)
        shown.samples = sampleCount ?? shown.samples
        shown.accuracy = accuracy ?? shown.accuracy
        shown.host = host
        shown.version = version
        shown.lastSeen = lastSeen
        shown.bytesReceived = bytesReceived
        shown.bytesSent = bytesSent
        shown.imagesPerSecond = imagesPerSecond
    }
}
