import Federation
import FederationWire
import JSON
import Parameters

extension Coordinator {
    /// Says what an upload must be, before any of it is read.
    package func admit(
        _ name: RunIdentifier, _ client: Int, round: Int
    ) throws(APIError) -> ModelExpectation {
        try checkGoesOn()
        try check(name, client)
        // What has been taken may come again; whether it is the same shows only at its end.
        if run.members[client]?.receipt?.round != round { try checkOpen(round) }
        try beginUpload(client)
        var expectation = ModelExpectation.update(
            run: name, round: round, client: client, architecture: run.settings.architecture,
            layout: run.served.plan.layout)
        expectation.encodings.removeAll { !run.settings.takes(encoding: $0.name) }
        return expectation
    }

    /// Notes an upload that begins.
    func beginUpload(_ client: Int) throws(APIError) {
        seen(client)
        guard run.members[client]?.uploads ?? 0 < 2 else {
            throw APIError(
                .tooManyRequests, "client \(client) has two uploads under way already")
        }
        member(client) { $0.uploads += 1 }
    }

    /// An upload is over, however it ended.
    package func release(_ client: Int, run name: RunIdentifier) {
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
            // It may still be on its way into the aggregate, which may not take it.
            if run.settling[update.client] != nil { try await settle(update, nil) }
            return UpdateReceipt(round: update.round, isRepeat: true)
        }
        try await fold(update)
        return UpdateReceipt(round: update.round, isRepeat: false)
    }

    /// Takes an update of the plain API.
    package func takePlain(
        _ update: IncomingUpdate, of name: RunIdentifier
    ) async throws(APIError) {
        try check(name, update.client)
        try await fold(update)
    }

    /// Takes updates again that were acknowledged in an earlier life of the server.
    func takeUp(_ updates: [ModelUpdate], ofRun number: Int) async {
        for update in updates {
            guard run.number == number else { return }
            do throws(APIError) {
                try await fold(IncomingUpdate(keptBefore: update))
                member(update.client) { $0.hasJoined = true }
            } catch {
                notice(
                    "client \(update.client)'s report in round \(update.round), from before the "
                        + "restart, does not count: \(error.message)")
            }
            guard run.number == number else { return }
            run.served.keptUpdates.removeAll { $0 == update }
        }
    }

    // MARK: Into the round

    /// Folds an update into the open round, whole or not at all.
    private func fold(_ update: IncomingUpdate) async throws(APIError) {
        let (client, round) = (update.client, update.round)
        try checkOpen(round)
        if update.origin != .earlierLife, run.served.hasKept(client, round) {
            throw error(.duplicate, client, round)
        }
        guard let fold = run.machine.openFold else { throw error(.noRoundOpen, client, round) }
        let number = run.number
        // A fold that refuses it must leave the client free to send a better one.
        let trained: TrainedUpdate
        switch await checked(update, by: fold) {
        case .success(let checked): trained = checked
        case .failure(let problem): throw problem.apiError
        }
        try checkStill(number, round)
        try checkIsFree(client, round)
        if update.origin == .plain, let keep = run.served.keep {
            try await makeLast(update, by: keep)
            try checkStill(number, round)
        }
        try await settle(update, trained)
    }

    /// An update ready to be folded, which the fold has nothing to say against.
    private func checked(
        _ update: IncomingUpdate, by fold: RoundFold
    ) async -> Result<TrainedUpdate, AggregationError> {
        let (plan, state, work) = (run.served.plan, run.machine.openState, run.served.work)
        return await workers.convert {
            Result { () throws(AggregationError) in
                let (contribution, tested) = try update.contribution(
                    plan, after: state, work: work(update.sampleCount, update.client, update.round))
                try fold.check(contribution)
                return TrainedUpdate(
                    contribution, model: plan.rules.evaluatesClients ? tested : nil,
                    seconds: update.report?.seconds, classCounts: update.report?.classCounts)
            }
        }
    }

    /// Puts an update on the disk before its client is told that it counts.
    private func makeLast(
        _ update: IncomingUpdate, by keep: @Sendable (ModelUpdate) async throws -> Void
    ) async throws(APIError) {
        let number = run.number
        member(update.client) { $0.isBeingKept = true }
        let result = await Attempt.of { try await keep(update.model) }
        if run.number == number { member(update.client) { $0.isBeingKept = false } }
        if case .failure(let error) = result {
            fail(error)
            throw Self.stopping
        }
    }

    /// Hands the machine an update, or nothing where the same is on its way, and waits for what comes
    /// of it.
    private func settle(_ update: IncomingUpdate, _ trained: TrainedUpdate?) async throws(APIError)
    {
        let (client, round, number) = (update.client, update.round, run.number)
        let settlement: Settlement? = await withCheckedContinuation { answer in
            if let trained {
                if let rejection = handle(.trained(trained)) {
                    return answer.resume(returning: .rejected(rejection))
                }
                accepted(update)
            }
            run.settling[client, default: []].append(answer)
        }
        switch settlement {
        case .folded?: return
        case .rejected(let reason)?: throw error(reason, client, round)
        case .refused(let problem)?: throw problem.apiError
        case .lost?, nil:
            guard run.number == number else { throw unknownRun() }
            if failure != nil { throw Self.stopping }
            throw error(.noRoundOpen, client, round)
        }
    }

    private func accepted(_ update: IncomingUpdate) {
        run.hasReports = true
        // Where the fold keeps all models the memory of this one is counted there.
        let isTested =
            run.rules.evaluatesClients && run.served.plan.strategy.aggregator.memory == .constant
        member(update.client) { member in
            member.receipt = Member.Receipt(round: update.round, checksum: update.checksum)
            member.task = nil
            member.sampleCount = update.sampleCount
            member.bytesReceived += update.byteCount
            // What it says of the whole round, however short that was: better than of its beginning.
            if let speed = update.report?.imagesPerSecond { member.imagesPerSecond = speed }
            if isTested { member.slot = update.slot }
        }
    }

    /// An update is in the aggregate, or will never be.
    func settled(_ client: Int, _ round: Int, _ settlement: Settlement) {
        switch settlement {
        case .folded:
            counters.countUpdate()
            note("client \(client) has reported in round \(round)")
        case .refused(let problem):
            // Others that came in between have left no room for it.
            member(client) { member in
                member.receipt = nil
                member.slot = nil
            }
            notice("client \(client) in round \(round): \(problem)")
        case .rejected, .lost: break
        }
        for waiter in run.settling.removeValue(forKey: client) ?? [] {
            waiter.resume(returning: settlement)
        }
    }

    // MARK: Whether it counts

    /// Makes sure that a round is the open one.
    func checkOpen(_ round: Int) throws(APIError) {
        if failure != nil { throw Self.stopping }
        if let outcome = run.outcome {
            throw APIError(
                .noRoundOpen, "the run is over: \(outcome)", got: .integer(round))
        }
        try checkStays(round)
        guard let open = run.openRound else {
            throw APIError(
                .noRoundOpen,
                "no round is open: round \(run.machine.engine.currentRound) comes next",
                expected: .integer(run.machine.engine.currentRound), got: .integer(round))
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
        if failure != nil { throw Self.stopping }
        guard run.openRound == round else {
            throw APIError(
                .wrongRound, "round \(round) has ended without this update",
                expected: .integer(run.machine.engine.currentRound), got: .integer(round))
        }
        try checkStays(round)
    }

    /// Makes sure that no other update of a client counts or is about to: what lies on the disk must be
    /// what counts.
    private func checkIsFree(_ client: Int, _ round: Int) throws(APIError) {
        guard let member = run.members[client] else { return }
        if member.receipt?.round == round { throw error(.duplicate, client, round) }
        guard !member.isBeingKept else {
            throw APIError(
                .tooManyRequests,
                "another update of client \(client) is being taken: try again in a moment")
        }
    }

    /// The machine's reasons in the words of the APIs.
    func error(
        _ rejection: RoundEngine.Rejection, _ client: Int, _ round: Int
    ) -> APIError {
        let current = JSONValue.integer(run.machine.engine.currentRound)
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

extension RunSettings {
    /// Whether updates may be written so: floats as they are always may.
    fileprivate func takes(encoding name: String) -> Bool {
        name == VectorEncodings.all[0].name || encodings.contains(name)
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
        default: APIError(.outOfRange, description)
        }
    }
}
