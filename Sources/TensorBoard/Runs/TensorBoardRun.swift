import Foundation
import Synchronization

/// A run as TensorBoard shows it: event files in a folder of its own, which grow while it goes on.
///
/// ```
/// let shown = try TensorBoardRun(RunDescription(name: "first", started: Date()), in: "Logs/tensorboard")
/// let result = run.run { round in try shown.note(RoundScalars(round)) }
/// try shown.end(well: result.outcome == .completed)
/// ```
public final class TensorBoardRun: Sendable {
    /// The run's folder.
    public let folder: String
    private let description: RunDescription
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    private struct State {
        /// The file that is written to; nil before there is something to write.
        var file: EventFile?
        /// Files that were there.
        var files: [String]
        /// Whether they say how the run ended.
        var hasEnded: Bool
        /// The steps that are there.
        var steps: Set<Int>

        mutating func write(
            _ events: [WireEvent], into folder: String, at time: Date
        ) throws(TensorBoardError) {
            if file == nil { file = try EventFile(in: folder, after: files, at: time) }
            try file?.write(events)
        }
    }

    /// Begins a run in a folder of its own, and writes what it is.
    /// - Parameters:
    ///   - root: the folder that TensorBoard is pointed at; it is made if it is missing.
    ///   - now: tells the time.
    /// - Throws: `TensorBoardError`.
    public convenience init(
        _ description: RunDescription, in root: String,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(TensorBoardError) {
        try self.init(
            description, EventFolder(new: description.name, in: root), rounds: [], now: now)
        // A run whose file cannot be made is to be refused before it trains.
        try write([])
    }

    /// Goes on with a run in its folder, and writes of its rounds what is not there, in a file of its own: what
    /// a process that was killed has left stays as it is.
    /// - Parameters:
    ///   - rounds: what is known of it, in order.
    ///   - root: the folder that TensorBoard is pointed at; it is made if it is missing.
    ///   - now: tells the time. That of a round is when the run began, and the seconds that rounds took.
    /// - Throws: `TensorBoardError`.
    public convenience init(
        _ description: RunDescription, after rounds: [RoundScalars], in root: String,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(TensorBoardError) {
        try self.init(
            description, EventFolder(of: description.name, with: rounds, in: root), rounds: rounds,
            now: now)
    }

    private init(
        _ description: RunDescription, _ place: EventFolder, rounds: [RoundScalars],
        now: @escaping @Sendable () -> Date
    ) throws(TensorBoardError) {
        folder = place.path
        self.description = description
        self.now = now
        state = Mutex(
            State(
                file: nil, files: place.written.files,
                hasEnded: place.written.sessions[WireSession.endTag] != nil,
                steps: Set(place.written.times.keys)))
        try begin(rounds, place.written)
    }

    /// Writes what is not there of the run and of its rounds.
    private func begin(
        _ rounds: [RoundScalars], _ written: WrittenEvents
    ) throws(TensorBoardError) {
        var events: [WireEvent] = []
        let last = written.times.keys.max() ?? 0
        let table = TextValue("settings", table: description.facts)
        if !description.facts.isEmpty, written.texts[table.tag] != table.text {
            events.append(.text(table, step: last, at: last == 0 ? description.started : now()))
        }
        let start = description.start
        if !description.settings.isEmpty, written.sessions[start.tag] == nil {
            events.append(.session(start, at: description.started))
        }
        var time = description.started
        for round in rounds {
            time += round.seconds
            if let known = written.times[round.round] {
                time = max(time, Date(timeIntervalSince1970: known))
            } else {
                events.append(.scalars(round, at: min(time, max(now(), description.started))))
            }
        }
        if !events.isEmpty { try write(events) }
        state.withLock { $0.steps.formUnion(rounds.map(\.round)) }
    }

    /// Writes a round, at once; one that is there already stays as it is.
    /// - Throws: `TensorBoardError`; nothing of the round is written then.
    public func note(_ round: RoundScalars) throws(TensorBoardError) {
        let isNew = state.withLock { !$0.steps.contains(round.round) }
        guard isNew else { return }
        try write([.scalars(round, at: now())])
        state.withLock { _ = $0.steps.insert(round.round) }
    }

    /// Writes that the run is over; to be left out of one that is to go on.
    /// - Parameter well: whether it came to a good end.
    /// - Throws: `TensorBoardError`.
    public func end(well: Bool) throws(TensorBoardError) {
        let isKnown = state.withLock { $0.hasEnded }
        guard !isKnown, !description.settings.isEmpty else { return }
        let last = state.withLock { $0.steps.max() ?? 0 }
        try write([.session(.ended(well: well, at: now()), step: last, at: now())])
    }

    private func write(_ events: [WireEvent]) throws(TensorBoardError) {
        let (folder, time) = (folder, now())
        let result: Result<Void, TensorBoardError> = state.withLock { state in
            Result { () throws(TensorBoardError) in
                try state.write(events, into: folder, at: time)
            }
        }
        try result.get()
    }
}

extension TensorBoardRun {
    /// How many rounds its files have.
    public var roundCount: Int { state.withLock { $0.steps.count } }

    /// Makes the folder that TensorBoard is pointed at, if it is missing, and tries whether runs can be put
    /// there: to be called before hours of training.
    /// - Throws: `TensorBoardError`.
    public static func checkWritable(_ root: String) throws(TensorBoardError) {
        try EventFolder.checkWritable(root)
    }
}

extension RoundScalars {
    /// What the round took; 0 where nobody says.
    fileprivate var seconds: Double {
        values.first { $0.tag == Self.secondsTag }.map { Double($0.value) } ?? 0
    }
}
