import Federation
import FederationWire
import Foundation
import Platform

extension Coordinator {
    // MARK: Who

    func unknownRun() -> APIError {
        APIError(
            .unknownRun, "the run is \(run.settings.run): ask for it again",
            expected: .string(run.settings.run.text))
    }

    /// Makes sure that a request means this run and one of its clients.
    func check(_ name: RunIdentifier, _ client: Int) throws(APIError) {
        guard name == run.settings.run else {
            var error = unknownRun()
            error.got = .string(name.text)
            throw error
        }
        try check(client)
    }

    /// Makes sure that there is such a client.
    func check(_ client: Int) throws(APIError) {
        guard run.takes(client) else {
            throw APIError(
                .unknownClient, "there is no client \(client): \(clientRange)",
                expected: .string(clientIDs), got: .integer(client))
        }
    }

    /// "0 to 4".
    private var clientIDs: String {
        run.settings.clients == 1 ? "0" : "0 to \(run.settings.clients - 1)"
    }

    /// Which clients there are, as a clause.
    var clientRange: String {
        "this run has \(run.settings.clients == 1 ? "only client" : "the clients") \(clientIDs)"
    }

    /// Refuses one client more than the run takes.
    private func admit(_ client: Int) throws(APIError) {
        guard run.takes(client) else {
            throw APIError(
                .tooManyClients, "the run takes no client \(client): \(clientRange)",
                expected: .integer(run.settings.clients), got: .integer(client))
        }
    }

    // MARK: Binary API

    /// The run's settings, as the timing of this server completes them.
    package func settings() throws(APIError) -> RunSettings {
        try checkGoesOn()
        return run.settings
    }

    /// A client says what it is, before its first task and whenever the server does not know it.
    package func register(
        _ name: RunIdentifier, _ client: Int, _ registration: Registration
    ) throws(APIError) {
        try checkGoesOn()
        guard name == run.settings.run else { return try check(name, client) }
        try admit(client)
        guard registration.architecture == run.settings.architecture else {
            throw APIError(
                .wrongArchitecture,
                "client \(client) has another model than the run: \(run.settings.model) expected",
                expected: .string(run.settings.architecture.hexadecimal),
                got: .string(registration.architecture.hexadecimal))
        }
        if let known = run.members[client], known.isRegistered, !known.isLost,
            known.instance != nil, known.instance != registration.instance
        {
            try refuse(client, instance: registration.instance ?? "")
        }
        member(client) { member in
            member.sampleCount = registration.sampleCount
            member.isRegistered = true
            member.instance = registration.instance
            member.host = registration.host
            member.version = registration.version
        }
        seen(client)
    }

    /// Refuses a second client that comes with the id of one that is there.
    /// - Parameter instance: tells it from others that were refused, of which the operator knows.
    func refuse(_ client: Int, instance: String) throws(APIError) -> Never {
        let isNew = member(client) { member in
            defer { member.refusedInstance = instance }
            return member.refusedInstance != instance
        }
        if isNew {
            notice("another client came with the id \(client), which is taken: it was refused")
        }
        throw APIError(
            .clientTaken,
            """
            client \(client) is there already: another program has that id. Take another one, or \
            end that program first
            """, got: .integer(client))
    }

    /// A client says that it takes part no more.
    package func leave(_ name: RunIdentifier, _ client: Int) throws(APIError) {
        try check(name, client)
        guard run.members[client]?.isRegistered == true else { return }
        answerPoll(of: client, .success(NextTask(.wait, committed: summary)))
        lose(client, reason: "it has left")
        member(client) { $0.isRegistered = false }
    }

    /// Takes a sign of life and says whether the round still waits for the client.
    package func heartbeat(
        _ name: RunIdentifier, _ client: Int, _ heartbeat: Heartbeat
    ) throws(APIError) -> HeartbeatAnswer {
        try checkRegistered(name, client)
        guard heartbeat.imagesPerSecond.isFinite, heartbeat.imagesPerSecond >= 0 else {
            throw APIError(
                .outOfRange,
                "“imagesPerSecond” is \(heartbeat.imagesPerSecond): expected 0 or more")
        }
        // Before the first batch there is nothing to tell from.
        if heartbeat.imagesTrained > 0 {
            member(client) { $0.imagesPerSecond = heartbeat.imagesPerSecond }
        }
        seen(client)
        feed.markChanged()
        return HeartbeatAnswer(
            isWanted: run.openRound == heartbeat.round && run.machine.engine.isTraining(client))
    }

    /// Answers when there is something to do, at the latest after `pollSeconds`.
    package func nextTask(
        _ name: RunIdentifier, _ client: Int, _ connection: Connection
    ) async throws(APIError) -> NextTask {
        try checkGoesOn()
        try checkRegistered(name, client)
        seen(client)
        let now = task(for: client)
        if now.kind != .wait { return now }
        // For whom it waits, it is told at once.
        if let waiting = now.waiting, waiting.round != run.members[client]?.toldOfWaiting {
            member(client) { $0.toldOfWaiting = waiting.round }
            return now
        }
        // Of two questions of one client only the newer has someone who waits for its answer.
        answerPoll(of: client, .success(now))
        pollNumber += 1
        let number = pollNumber
        let handler = connection.onClose {
            self.workers.begin { await self.dropPoll(of: client, number: number) }
        }
        defer { connection.forget(handler) }
        let deadline = time.seconds() + run.settings.pollSeconds
        let answer = await withCheckedContinuation { continuation in
            member(client) { member in
                member.poll = Member.Poll(
                    number: number, deadline: deadline, answer: continuation)
            }
            feed.markChanged()
        }
        return try answer.get()
    }

    /// A client says that its training came to nothing.
    package func fail(
        _ name: RunIdentifier, _ client: Int, round: Int, _ report: FailureReport
    ) throws(APIError) {
        try check(name, client)
        try checkOpen(round)
        seen(client)
        // What has been taken counts, whatever its client says of it afterwards.
        if run.members[client]?.receipt?.round == round {
            throw error(.duplicate, client, round)
        }
        let failure = ClientFailure(.divergence, reason: report.reason)
        let now = Date()
        let event = RunEvent.failed(client: client, round: round, failure, at: now)
        if let rejection = handle(event) { throw error(rejection, client, round) }
        member(client) { $0.task = nil }
        noteDrop(of: client, in: round, reason: report.reason, at: now)
        notice("client \(client) has failed in round \(round): \(report.reason)")
    }

    private func checkRegistered(_ name: RunIdentifier, _ client: Int) throws(APIError) {
        try check(name, client)
        guard run.members[client]?.isRegistered == true else {
            throw APIError(
                .unknownClient, "client \(client) has not registered with this server",
                got: .integer(client))
        }
    }

    // MARK: Tasks

    /// What a client is to do now.
    package func task(for client: Int) -> NextTask {
        if let outcome = run.outcome {
            member(client) { $0.knowsEnd = true }
            let succeeded =
                switch outcome {
                case .completed, .reachedTarget, .noProgress: true
                case .interrupted, .diverged, .failed: false
                }
            return NextTask(
                .finished(outcome: outcome.description, succeeded: succeeded), committed: summary)
        }
        if let round = run.openRound, run.machine.engine.isTraining(client) {
            return NextTask(
                .train(round: round, counted: run.counted[client]), committed: summary)
        }
        return NextTask(.wait, committed: summary, waiting: waiting)
    }

    private var summary: CommittedSummary? {
        run.trace.rounds.last.map {
            CommittedSummary(round: $0.round, accuracy: $0.accuracy, loss: $0.loss)
        }
    }

    /// Ends a client's open question, if it has one.
    func answerPoll(of client: Int, _ answer: Member.Answer) {
        guard let poll = run.members[client]?.poll else { return }
        run.members[client]?.poll = nil
        // Its question was open until now, and so was its connection.
        run.members[client]?.lastSeenSeconds = time.seconds()
        poll.answer.resume(returning: answer)
    }

    private func dropPoll(of client: Int, number: Int) {
        guard run.members[client]?.poll?.number == number else { return }
        answerPoll(of: client, .success(NextTask(.wait)))
    }

    // MARK: Being there

    /// A client has been heard of.
    package func seen(_ client: Int) {
        let before = waiting
        let (isNew, hadTask) = member(client) { member in
            member.lastSeenSeconds = time.seconds()
            member.lastSeen = Date()
            member.disconnectedSeconds = nil
            let isNew = !member.hasJoined || member.isLost
            member.hasJoined = true
            member.isLost = false
            return (isNew, member.task != nil)
        }
        guard isNew else { return }
        if !hadTask || !run.machine.engine.isTraining(client) {
            inform(.joined(client: client))
        }
        notice("client \(client) is there")
        reportWaiting(before: before)
    }

    /// A client uses a connection.
    func attach(_ client: Int, _ connection: Connection) {
        let number = run.number
        guard run.takes(client), connection.claim(client: client, run: number) else { return }
        member(client) { member in
            member.connections += 1
            member.disconnectedSeconds = nil
        }
        _ = connection.onClose {
            self.workers.begin { await self.disconnected(client, run: number) }
        }
    }

    /// A connection that a client has used is gone.
    private func disconnected(_ client: Int, run number: Int) {
        guard run.number == number else { return }
        member(client) { member in
            member.connections = max(0, member.connections - 1)
            if member.connections == 0 { member.disconnectedSeconds = time.seconds() }
        }
    }

    /// Gives up a client, whose place may go to another.
    package func lose(_ client: Int, reason: String) {
        let round = run.machine.engine.currentRound
        let before = waiting
        member(client) { member in
            member.isLost = true
            member.task = nil
            member.disconnectedSeconds = nil
        }
        let now = Date()
        noteDrop(of: client, in: round, reason: reason, at: now)
        notice("client \(client) is gone in round \(round): \(reason)")
        inform(.lost(client: client, reason: reason, at: now))
        reportWaiting(before: before)
    }

    /// Notes for the page what the run's machine notes for the round's record.
    private func noteDrop(of client: Int, in round: Int, reason: String, at date: Date) {
        run.note(ClientDrop(at: date, client: client, round: round, reason: reason))
        counters.countDrop()
    }

    // MARK: Upkeep

    /// Looks for clients that have vanished and questions that have waited long enough.
    package func upkeep() {
        let isOver = run.outcome != nil || isStopping
        let now = time.seconds()
        // In an order that does not depend on how a dictionary keeps them.
        let answered = run.members.filter { _, member in
            member.poll.map { isOver || now >= $0.deadline } ?? false
        }
        for client in answered.keys.sorted() {
            answerPoll(of: client, .success(task(for: client)))
        }
        guard !isOver else { return }
        forgiveOwnDelay(now)
        let vanished = run.members.compactMapValues { silence(of: $0, at: now) }
        for (client, reason) in vanished.sorted(by: { $0.key < $1.key }) {
            lose(client, reason: reason)
        }
    }

    /// Why a client has vanished, if it has.
    private func silence(of member: Member, at now: Double) -> String? {
        guard member.isRegistered, !member.isLost, member.poll == nil, member.uploads == 0 else {
            return nil
        }
        if let since = member.disconnectedSeconds {
            return now - since > timing.disconnectionSeconds ? "its connection closed" : nil
        }
        // A process that dies closes its connections. One that is still connected may only be busy, on a
        // machine whose cores all are.
        let limit = member.connections > 0 ? timing.connectedSilenceSeconds : timing.silenceSeconds
        guard now - member.lastSeenSeconds > limit else { return nil }
        return "no heartbeat for \(Self.text(limit)) s"
    }

    /// While this process was held up it heard nobody, which is not the clients' silence.
    private func forgiveOwnDelay(_ now: Double) {
        defer { lastUpkeepSeconds = now }
        guard let last = lastUpkeepSeconds else { return }
        let delay = now - last - timing.upkeepSeconds
        guard delay > timing.upkeepSeconds else { return }
        for client in run.members.keys {
            member(client) { member in
                member.lastSeenSeconds = min(member.lastSeenSeconds + delay, now)
                member.disconnectedSeconds = member.disconnectedSeconds.map { min($0 + delay, now) }
            }
        }
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
