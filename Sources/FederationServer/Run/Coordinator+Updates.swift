import Federation
import FederationWire
import Tensors

/// An update that has come whole and reads as a model.
package struct IncomingUpdate: Sendable {
    var client: Int
    var round: Int
    var sampleCount: Int
    var parameters: ParameterVector
    /// The checksum of what came.
    var checksum: [UInt8]
    /// Bytes that came.
    var byteCount: Int
    /// The memory that it has; nil for one that was read back from the disk.
    var slot: UploadSlots.Slot?
    /// Whether its client cannot ask whether it still counts, so that it must outlive the server.
    var mustBeKept = false

    package init(
        client: Int, round: Int, sampleCount: Int, parameters: ParameterVector,
        checksum: [UInt8], byteCount: Int, slot: UploadSlots.Slot? = nil, mustBeKept: Bool = false
    ) {
        self.client = client
        self.round = round
        self.sampleCount = sampleCount
        self.parameters = parameters
        self.checksum = checksum
        self.byteCount = byteCount
        self.slot = slot
        self.mustBeKept = mustBeKept
    }

    /// What it adds to the round.
    var model: ModelUpdate {
        ModelUpdate(
            client: client, round: round, sampleCount: sampleCount, parameters: parameters)
    }
}

extension Coordinator {
    /// Says what an upload must be, before any of it is read.
    func admit(
        _ name: RunIdentifier, _ client: Int, round: Int
    ) throws(APIError) -> ModelExpectation {
        if isDraining { throw Self.stopping }
        try check(name, client)
        // What has been taken may come again; whether it is the same shows only at its end.
        if run.members[client]?.receipt?.round != round { try checkOpen(round) }
        seen(client)
        guard run.members[client]?.uploads ?? 0 < 2 else {
            throw APIError(
                .tooManyRequests, "client \(client) has two uploads under way already")
        }
        member(client) { $0.uploads += 1 }
        return .update(
            run: name, round: round, client: client, architecture: run.settings.architecture,
            layout: run.served.layout)
    }

    /// An upload is over, however it ended.
    func release(_ client: Int, run name: RunIdentifier) {
        guard name == run.settings.run else { return }
        member(client) { $0.uploads = max(0, $0.uploads - 1) }
        seen(client)
    }

    /// Takes an update of the binary API, or finds that it has been taken before.
    package func take(_ update: IncomingUpdate, of name: RunIdentifier) async throws(APIError)
        -> UpdateReceipt
    {
        try check(name, update.client)
        if let receipt = run.members[update.client]?.receipt, receipt.round == update.round {
            guard receipt.checksum == update.checksum else {
                throw APIError(
                    .conflictingUpdate,
                    """
                    client \(update.client) has reported another update in round \(update.round): \
                    that one counts
                    """, got: .integer(update.round))
            }
            return UpdateReceipt(round: update.round, isRepeat: true)
        }
        try await fold(update)
        return UpdateReceipt(round: update.round, isRepeat: false)
    }

    /// Folds an update into the open round, whole or not at all.
    func fold(_ update: IncomingUpdate) async throws(APIError) {
        let (client, round) = (update.client, update.round)
        try checkOpen(round)
        guard let sum = run.sum?.aggregate else { throw error(.noRoundOpen, client, round) }
        let number = run.number
        // A sum that refuses it must leave the client free to send a better one.
        let contribution: Contribution
        switch await checked(update, by: sum) {
        case .success(let checked): contribution = checked
        case .failure(let problem): throw problem.apiError
        }
        try checkStill(number, round)
        if update.mustBeKept, let keep = run.served.keep {
            try await makeLast(update, by: keep)
            try checkStill(number, round)
        }
        let acceptance: RoundEngine.Acceptance
        do throws(RoundEngine.Rejection) {
            acceptance = try accept(client, round: round, sampleCount: update.sampleCount)
        } catch {
            throw self.error(error, client, round)
        }
        run.hasReports = true
        member(client) { member in
            member.receipt = Member.Receipt(round: round, checksum: update.checksum)
            member.task = nil
            member.sampleCount = update.sampleCount
        }
        let refused = await sum.add(contribution)
        let event =
            if let refused {
                acceptance.refused(ClientFailure(.divergence, reason: "\(refused)"))
            } else {
                acceptance.folded()
            }
        // Another run has taken the place of the one whose engine waits for this.
        guard run.number == number else { throw unknownRun() }
        if let refused {
            // Others that came in between have left no room for it.
            member(client) { $0.receipt = nil }
            notice("client \(client) in round \(round): \(refused)")
            inform(event)
            throw refused.apiError
        }
        counters.countUpdate()
        let isEvaluated = run.served.rules.evaluatesClients
        member(client) { member in
            member.bytesReceived += update.byteCount
            if isEvaluated {
                member.untested = (update.parameters, update.slot)
            }
        }
        note("client \(client) has reported in round \(round)")
        inform(event)
    }

    /// Puts an update on the disk before its client is told that it counts.
    private func makeLast(
        _ update: IncomingUpdate, by keep: @Sendable (ModelUpdate) async throws -> Void
    ) async throws(APIError) {
        // What lies on the disk must be what counts, so there is one at a time of each client.
        guard !member(update.client, { $0.isBeingKept }) else {
            throw APIError(
                .tooManyRequests,
                "another update of client \(update.client) is being taken: try again in a moment")
        }
        let number = run.number
        member(update.client) { $0.isBeingKept = true }
        let result = await Attempt.of { try await keep(update.model) }
        if run.number == number { member(update.client) { $0.isBeingKept = false } }
        if case .failure(let error) = result {
            fail(error)
            throw Self.stopping
        }
    }

    /// Takes updates again that were acknowledged in an earlier life of the server.
    func takeUp(_ updates: [ModelUpdate], number: Int) async {
        for update in updates {
            guard run.number == number else { return }
            do throws(APIError) {
                try await fold(
                    IncomingUpdate(
                        client: update.client, round: update.round,
                        sampleCount: update.sampleCount, parameters: update.parameters,
                        checksum: [], byteCount: 0))
                member(update.client) { $0.hasJoined = true }
            } catch {
                notice(
                    "client \(update.client)'s report in round \(update.round), from before the "
                        + "restart, does not count: \(error.message)")
            }
        }
        if run.number == number { run.served.keptUpdates = [] }
    }

    private func checked(
        _ update: IncomingUpdate, by sum: RoundSum
    ) async -> Result<Contribution, AggregationError> {
        let (state, work) = (run.state, run.served.work)
        return await workers.convert {
            Result { () throws(AggregationError) in
                try sum.contribution(
                    of: update.model, after: state, work: work(update.sampleCount, update.round))
            }
        }
    }

    /// Makes sure that a round is the open one.
    func checkOpen(_ round: Int) throws(APIError) {
        if let outcome = run.outcome {
            throw APIError(
                .noRoundOpen, "the run is over: \(outcome)", got: .integer(round))
        }
        try checkStays(round)
        guard let open = run.openRound else {
            throw APIError(
                .noRoundOpen, "no round is open: round \(run.engine.currentRound) comes next",
                expected: .integer(run.engine.currentRound), got: .integer(round))
        }
        guard round == open else {
            throw APIError(
                .wrongRound, "round \(open) is open, not round \(round)", expected: .integer(open),
                got: .integer(round))
        }
    }

    /// Makes sure that no other run is about to take the place of this one.
    private func checkStays(_ round: Int) throws(APIError) {
        guard !isMakingRun else {
            throw APIError(
                .noRoundOpen, "another run is about to begin: ask again in a moment",
                got: .integer(round))
        }
    }

    /// Makes sure, after a wait, that the round is still open: a round is opened once.
    private func checkStill(_ number: Int, _ round: Int) throws(APIError) {
        guard run.number == number else { throw unknownRun() }
        guard run.openRound == round else {
            throw APIError(
                .wrongRound, "round \(round) has ended without this update",
                expected: .integer(run.engine.currentRound), got: .integer(round))
        }
        try checkStays(round)
    }

    /// The engine's reasons in the words of the APIs.
    func error(
        _ rejection: RoundEngine.Rejection, _ client: Int, _ round: Int
    ) -> APIError {
        let current = JSONValue.integer(run.engine.currentRound)
        switch rejection {
        case .unknownClient:
            return APIError(
                .unknownClient, "there is no client \(client) in this run", got: .integer(client))
        case .duplicate:
            return APIError(
                .duplicate, "client \(client) has reported in round \(round) already",
                expected: current, got: .integer(round))
        case .notChosen:
            return APIError(
                .notInCohort, "client \(client) has no place in round \(round)", expected: current,
                got: .integer(round))
        case .wrongRound(let open):
            return APIError(
                .wrongRound, "round \(open) is open, not round \(round)", expected: .integer(open),
                got: .integer(round))
        case .noRoundOpen, .goalReached, .deadlinePassed, .notAccepted, .notAsked:
            return APIError(
                .noRoundOpen, "round \(round): \(rejection)", expected: current,
                got: .integer(round))
        }
    }
}

extension AggregationError {
    /// The error as both APIs answer with it.
    var apiError: APIError {
        switch self {
        case .wrongLength(_, let found, let expected):
            APIError(
                .wrongShape, description, expected: .integer(expected), got: .integer(found))
        case .notFinite(_, let found, _):
            APIError(
                .notFinite, description, expected: "a finite number", got: .string("\(found)"))
        case .sampleCountOutOfRange(_, let found):
            APIError(.invalidSampleCount, description, got: .integer(found))
        case .overflow, .sampleCountOverflow, .mergeOverflow, .noUpdates:
            APIError(.outOfRange, description)
        }
    }
}
