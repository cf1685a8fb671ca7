import AsyncHTTPClient
import FederationWire
import HTTPCalls
import NIOCore
import Parameters
import Platform

/// One client's way through a run.
struct Session {
    let connection: ServerConnection
    let configuration: ClientConfiguration
    let prepare: @Sendable (RunSettings) async throws -> any Participant
    let report: @Sendable (ClientEvent) -> Void
    private let patience: Patience

    /// Where the client is registered.
    private(set) var seat: Seat?
    private var settings: RunSettings?
    private var participant: (any Participant)?
    /// The global model that was fetched last.
    private var model: ModelBody?
    /// What the client corrects its steps by, after as many rounds as the model.
    private var correction: ModelBody?
    /// What was last uploaded or is about to be.
    private var update: PreparedUpdate?
    private var lastCommitted: CommittedSummary?
    private var lastWait: RoundWait?
    /// Tells this program from another that comes with the same id.
    private let instance = String(UInt64.random(in: .min ... .max), radix: 16)
    /// How long a program that has started again waits for its former self to be missed.
    private static let takenSeconds = 5.0

    init(
        connection: ServerConnection, configuration: ClientConfiguration,
        prepare: @escaping @Sendable (RunSettings) async throws -> any Participant,
        report: @escaping @Sendable (ClientEvent) -> Void
    ) {
        self.connection = connection
        self.configuration = configuration
        self.prepare = prepare
        self.report = report
        patience = configuration.patience(report: report)
    }

    /// What an update depends on.
    private struct WorkKey: Equatable {
        var seat: Seat
        var round: Int
        var model: [UInt8]
        var correction: [UInt8]?
        var counted: Int?
    }

    /// An update's bytes, kept so that they can be sent again.
    private struct PreparedUpdate {
        var work: WorkKey
        var bytes: ByteBuffer
        var result: TrainingResult
    }

    /// Asks for tasks and does them until the run is over.
    mutating func run() async throws -> FederationClient.Ending {
        try await enter()
        while true {
            do {
                if let ending = try await step() { return ending }
            } catch AttemptError.refused(let error) {
                try await enterAgain(after: error)
            }
        }
    }

    // MARK: Taking part

    /// Finds the run and takes a seat in it.
    private mutating func enter() async throws {
        let connection = connection
        let found = try await patience.answer { () async throws(AttemptError) in
            try await connection.settings()
        }
        if found != settings {
            participant = try await prepare(found)
            settings = found
            model = nil
            correction = nil
        }
        guard let participant else { preconditionFailure("settings came without a participant") }
        let seat = Seat(run: found.run, client: configuration.client)
        let registration = registration(of: participant, round: 1)
        var waited = 0.0
        while true {
            do {
                try await patience.answer { () async throws(AttemptError) in
                    try await connection.register(registration, seat)
                }
                break
            } catch AttemptError.refused(let error) {
                // Another run has begun between the two requests.
                if error.code == .unknownRun { return try await enter() }
                guard error.code == .clientTaken, waited < Self.takenSeconds else {
                    throw ClientError.refused(error)
                }
                try await configuration.time.sleep(seconds: 0.25)
                waited += 0.25
            }
        }
        self.seat = seat
        report(.registered(found.run))
    }

    private func registration(of participant: any Participant, round: Int) -> Registration {
        Registration(
            architecture: participant.architecture,
            sampleCount: participant.sampleCount(round: round), instance: instance,
            host: configuration.host?.printable(byteLimit: Registration.textLimit),
            version: configuration.version?.printable(byteLimit: Registration.textLimit))
    }

    /// Enters again where the server has forgotten this client or its run; else it is a refusal.
    private mutating func enterAgain(after error: APIError) async throws {
        switch error.code {
        case .unknownClient, .unknownRun: try await enter()
        default: throw ClientError.refused(error)
        }
    }

    /// One task; how the run ended if it has.
    private mutating func step() async throws -> FederationClient.Ending? {
        guard let seat, let settings else { preconditionFailure("the client has no seat") }
        let connection = connection
        let task = try await patience.answer { () async throws(AttemptError) in
            try await connection.nextTask(seat, pollSeconds: settings.pollSeconds)
        }
        if let committed = task.committed, committed != lastCommitted {
            lastCommitted = committed
            report(.committed(committed))
        }
        if let waiting = task.waiting, waiting != lastWait { report(.waiting(waiting)) }
        lastWait = task.waiting
        switch task.kind {
        case .wait: return nil
        case .finished(let outcome, let succeeded):
            return FederationClient.Ending(outcome: outcome, succeeded: succeeded)
        case .train(let round, let counted):
            try await takePart(in: round, counted: counted, seat, settings)
            return nil
        }
    }

    private mutating func takePart(
        in round: Int, counted: Int?, _ seat: Seat, _ settings: RunSettings
    ) async throws {
        guard let participant else { preconditionFailure("a task came before its settings") }
        let base = try await globalModel(seat, participant)
        var work = RoundWork(round: round, model: base.value.vector, counted: counted)
        var key = WorkKey(seat: seat, round: round, model: base.checksum, counted: counted)
        var known = base.header.round
        if settings.objective.usesControlVariates, known == round - 1 {
            let correction = try await correction(seat, participant, after: known)
            work.correction = correction.value.vector
            key.correction = correction.checksum
            known = correction.header.round
        }
        guard known == round - 1 else {
            // The round has closed since: the next answer says what is to be done now.
            return try await configuration.time.sleep(seconds: 0.02)
        }
        if let update, update.work == key {
            // The server asks again for what it had or lost: the same training gives the same bytes.
            return try await upload(update)
        }
        do {
            let result = try await train(work, participant, seat, settings)
            let update = PreparedUpdate(
                work: key, bytes: encoded(result, seat, participant, settings), result: result)
            self.update = update
            try await upload(update)
        } catch TrainingFailure.stopped {
            try Task.checkCancellation()
            report(.dropped(round: round, reason: "the round no longer waits for this client"))
        } catch TrainingFailure.diverged(let reason) {
            try await fail(reason, in: round, seat)
        } catch TrainingFailure.impossible(let reason) {
            throw ClientError.cannotTrain(reason: reason)
        } catch AttemptError.refused(let error) where error.code == .outOfRange {
            // No mean can hold what has become of the model: it has diverged, if not to infinity.
            try await fail(error.message, in: round, seat)
        }
    }

    private func encoded(
        _ result: TrainingResult, _ seat: Seat, _ participant: any Participant,
        _ settings: RunSettings
    ) -> ByteBuffer {
        let update = result.update
        return ByteBuffer(
            bytes: ModelBody.encode(
                .update(
                    run: seat.run, round: update.round, client: seat.client,
                    sampleCount: update.sampleCount, architecture: participant.architecture),
                update.value, report: result.report,
                as: VectorEncodings.smallest(
                    for: update.value.vector, among: settings.encodings)))
    }

    /// Says that the client's training came to nothing.
    private mutating func fail(_ reason: String, in round: Int, _ seat: Seat) async throws {
        let connection = connection
        _ = try await delivering(round) { () async throws(AttemptError) in
            try await connection.report(FailureReport(reason: reason), round: round, seat)
        }
        report(.dropped(round: round, reason: reason))
    }

    private mutating func globalModel(
        _ seat: Seat, _ participant: any Participant
    ) async throws -> ModelBody {
        let expectation = ModelExpectation.globalModel(
            run: seat.run, architecture: participant.architecture, layout: participant.layout)
        let tag = model.map { Route.modelTag(run: $0.header.run, round: $0.header.round) }
        let connection = connection
        let fetched = try await patience.answer { () async throws(AttemptError) in
            try await connection.model(expectation, ifNot: tag)
        }
        if let fetched { model = fetched }
        guard let model else {
            throw ClientError.notAServer(
                configuration.address, reason: "it answers 304 to a client that has no model")
        }
        return model
    }

    /// What the client corrects its steps by; the one it has where that is after `round` rounds.
    private mutating func correction(
        _ seat: Seat, _ participant: any Participant, after round: Int
    ) async throws -> ModelBody {
        if let correction, correction.header.round == round { return correction }
        let expectation = ModelExpectation.correction(
            run: seat.run, client: seat.client, architecture: participant.architecture,
            layout: participant.layout)
        let connection = connection
        let fetched = try await patience.answer { () async throws(AttemptError) in
            try await connection.correction(expectation)
        }
        correction = fetched
        return fetched
    }

    /// Trains, with a sign of life as often as the server wants one.
    private func train(
        _ work: RoundWork, _ participant: any Participant, _ seat: Seat, _ settings: RunSettings
    ) async throws -> TrainingResult {
        report(.training(round: work.round))
        let progress = TrainingProgress(time: configuration.time)
        let pulse = Pulse(
            connection: connection, seat: seat, round: work.round, progress: progress,
            seconds: settings.heartbeatSeconds,
            registration: registration(of: participant, round: work.round),
            time: configuration.time)
        let beating = Task { await pulse.run() }
        defer { beating.cancel() }
        return try await withTaskCancellationHandler {
            try await participant.train(work, progress: progress)
        } onCancel: {
            progress.stop()
        }
    }

    private mutating func upload(_ update: PreparedUpdate) async throws {
        let connection = connection
        let receipt = try await delivering(update.work.round) { () async throws(AttemptError) in
            try await connection.upload(update.bytes, round: update.work.round, update.work.seat)
        }
        guard receipt != nil else { return }
        report(
            .uploaded(
                round: update.work.round, update.result, byteCount: update.bytes.readableBytes))
    }

    /// Sends what came of a round; nil where the round has no more use for it.
    private mutating func delivering<Answer: Sendable>(
        _ round: Int, _ send: @Sendable () async throws(AttemptError) -> Answer
    ) async throws -> Answer? {
        while true {
            do {
                return try await patience.answer(send)
            } catch AttemptError.refused(let error) {
                switch error.code {
                case .wrongRound, .noRoundOpen, .notInCohort, .duplicate, .conflictingUpdate,
                    .clientTaken:
                    report(.dropped(round: round, reason: error.message))
                    return nil
                case .unknownClient:
                    // The server is a new process: once it knows the client it takes the update.
                    let run = seat?.run
                    try await enter()
                    if seat?.run != run { return nil }
                default:
                    throw AttemptError.refused(error)
                }
            }
        }
    }
}
