import Federation
import FederationWire
import Parameters

extension Coordinator {
    /// The number of committed rounds.
    var committedRounds: Int { run.publication.round }

    /// The committed model.
    func publication(_ name: RunIdentifier? = nil) throws(APIError) -> ModelPublication {
        if let name, name != run.settings.run {
            var error = unknownRun()
            error.got = .string(name.text)
            throw error
        }
        return run.publication
    }

    /// Whether a run of those numbers may take the place of this one now.
    ///
    /// - Returns: false where this run is the very one that is asked for, and nobody has reported.
    private func mayInitialize(_ request: RunRequest, force: Bool) throws(APIError) -> Bool {
        try checkGoesOn()
        guard run.outcome == nil else { return true }
        if run.hasReports {
            guard force else {
                throw APIError(
                    .runInProgress,
                    """
                    run \(run.settings.run) is in progress and clients have reported in it: \
                    only an administrator's token with ?force=true ends it
                    """, got: .string(run.settings.run.text))
            }
            return true
        }
        return run.settings.clients != request.clients
            || run.settings.experiment != request.experiment
            || run.settings.rounds != request.rounds
    }

    /// Makes a run of those numbers and puts it in the place of this one, unless this is the one.
    ///
    /// One is made after the other, and no report is taken meanwhile: whoever makes a run notes it as
    /// the one that is served, so it must not turn out then that another has kept or taken its place.
    package func initialize(
        _ request: RunRequest, force: Bool,
        make: @Sendable (RunRequest) async throws -> ServedRun
    ) async throws {
        while isMakingRun {
            await withCheckedContinuation { runWaiters.append($0) }
        }
        guard try mayInitialize(request, force: force) else { return }
        isMakingRun = true
        defer {
            isMakingRun = false
            for waiter in runWaiters { waiter.resume() }
            runWaiters = []
        }
        let served = try await make(request)
        try limits.check(served.plan)
        replace(with: served)
    }

    /// A client of the plain API says how many samples it has.
    package func setSampleCount(_ client: Int, _ count: Int) throws(APIError) {
        try checkGoesOn()
        try checkModelIsEnough()
        try checkIsPlain(client)
        guard run.takes(client) else {
            throw APIError(
                .tooManyClients,
                "the run takes no client \(client): \(clientRange)",
                expected: .integer(run.settings.clients), got: .integer(client))
        }
        member(client) { $0.sampleCount = count }
        seen(client)
    }

    /// Makes sure that no client of the binary API, which keeps in touch, has the same id.
    private func checkIsPlain(_ client: Int) throws(APIError) {
        guard let member = run.members[client], member.isRegistered else { return }
        guard member.isLost else { try refuse(client, instance: "the plain API") }
        // One that has vanished leaves its place to this one, which does not keep in touch.
        self.member(client) { member in
            member.isRegistered = false
            member.instance = nil
        }
    }

    /// What a client of the plain API may upload now.
    package struct PlainAdmission {
        package var run: RunIdentifier
        package var round: Int
        package var sampleCount: Int
        var layout: ParameterLayout
    }

    /// Makes sure that a client of the plain API may report, before its model is read.
    package func admitPlain(_ client: Int) throws(APIError) -> PlainAdmission {
        try checkGoesOn()
        try check(client)
        try checkModelIsEnough()
        try checkIsPlain(client)
        guard let count = run.members[client]?.sampleCount else {
            throw APIError(
                .samplesMissing,
                """
                client \(client) has not said how many samples it has: \
                expected GET /update_num_data/\(client)/COUNT first
                """, expected: .string("/update_num_data/\(client)/COUNT"))
        }
        let round = run.openRound ?? run.machine.engine.currentRound
        try checkOpen(round)
        if run.members[client]?.receipt?.round == round || run.served.hasKept(client, round) {
            throw error(.duplicate, client, round)
        }
        try beginUpload(client)
        return PlainAdmission(
            run: run.settings.run, round: round, sampleCount: count,
            layout: run.served.plan.layout)
    }

    /// Makes sure that a model is all that a client of this run sends and gets.
    private func checkModelIsEnough() throws(APIError) {
        let strategy = run.served.plan.strategy
        if strategy.keepsParts {
            throw APIError(
                .forbidden,
                """
                clients of this run begin a round with parts of their own model, which a client of the \
                plain API is not told: use `federated join`
                """)
        }
        guard strategy.objective.usesControlVariates else { return }
        throw APIError(
            .forbidden,
            """
            clients of this run correct their steps by control variates, which the plain API cannot \
            carry: use `federated join`
            """)
    }

    /// Notes the bytes of a model that was sent to a client.
    func sent(_ bytes: Int, to client: Int) {
        guard run.takes(client), run.members[client] != nil else { return }
        member(client) { $0.bytesSent += bytes }
    }
}
