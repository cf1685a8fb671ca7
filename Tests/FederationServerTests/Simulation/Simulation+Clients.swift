import Federation
import FederationServer
import FederationWire
import Parameters

/// Clients that do their part, of either API.
extension Simulation {
    /// As `federated join` takes part.
    func takePart(_ client: Int, _ life: Int) async {
        while let coordinator = present(life) {
            do throws(APIError) {
                let settings = try await coordinator.settings()
                try await coordinator.register(
                    settings.run, client,
                    Registration(
                        architecture: TestServer.digest, sampleCount: 10, instance: "a"))
                try await work(client, settings.run, coordinator, life)
            } catch {
                if error.code == .stopping { return }
                trace(client, "is refused: \(error.code), \(error.message)")
                await wait(1)
            }
        }
    }

    /// Notes what a client does, for whoever looks at one seed.
    private func trace(_ client: Int, _ text: String) {
        state.withLock { $0.events.append("   \(time.seconds()): client \(client) \(text)") }
    }

    private func work(
        _ client: Int, _ run: RunIdentifier, _ coordinator: Coordinator, _ life: Int
    ) async throws(APIError) {
        let connection = Connection(nil)
        while true {
            switch try await coordinator.nextTask(run, client, connection).kind {
            case .finished: return await wait(1)
            case .wait: await wait(0.1)
            case .train(let round, _):
                trace(client, "trains in round \(round)")
                await stepper.pause()
                // Some are so slow that they are given up.
                if hasChaos, stepper.happens(onceIn: 10) {
                    await wait(Double(stepper.next(below: 40)))
                }
                let update = await prepared(draw(client, round), by: coordinator)
                try await upload(update, to: coordinator, of: run, life)
                // An answer may be lost on its way, and the same bytes are sent again.
                if stepper.happens(onceIn: 5) {
                    try await upload(update, to: coordinator, of: run, life)
                }
            }
        }
    }

    /// As a client of the plain API takes part.
    func takePartPlainly(_ client: Int, _ life: Int) async {
        while let coordinator = present(life) {
            do throws(APIError) {
                let number = try await count(client, coordinator)
                let admission = try await coordinator.admitPlain(client)
                await stepper.pause()
                let update = draw(client, admission.round, samples: number)
                let result: Result<Void, APIError>
                do throws(APIError) {
                    try await uploadPlainly(update, to: coordinator, of: admission.run, life)
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                await coordinator.release(client, run: admission.run)
                try result.get()
            } catch {
                if error.code == .stopping { return }
            }
            await wait(Double(1 + stepper.next(below: 3)))
        }
    }

    /// Says how many samples a client has: another number each time.
    private func count(
        _ client: Int, _ coordinator: Coordinator
    ) async throws(APIError) -> Int {
        let number = nextSampleCount()
        try await coordinator.setSampleCount(client, number)
        return number
    }

    // MARK: Mischief

    /// One thing that a client, the clock or an operator does.
    func disturb(_ life: Int) async {
        await stepper.pause()
        guard let coordinator else { return }
        let run = await coordinator.run
        let name = run.served.settings.run
        let client = stepper.next(below: rules.options.clients)
        let round = max(1, run.machine.engine.currentRound + stepper.next(below: 3) - 1)
        func sent(value: Float? = nil, samples: Int? = nil) async -> IncomingUpdate {
            await prepared(draw(client, round, value: value, samples: samples), by: coordinator)
        }
        switch stepper.next(below: 14) {
        case 0: await coordinator.lose(client, reason: "it hung up")
        case 1:
            time.advance(by: Double(stepper.next(below: 60)))
            await coordinator.upkeep()
        case 2:
            let report = FailureReport(reason: "it diverged")
            try? await coordinator.fail(name, client, round: round, report)
        case 3:
            // So heavy that a few of them fill the sum.
            let heavy = await sent(
                value: 0.4 * 0x1p20, samples: 1 << 18 + nextSampleCount())
            try? await upload(heavy, to: coordinator, of: name, life)
        case 4:
            let (one, two) = (await sent(), await sent())
            async let first: Void? = try? upload(one, to: coordinator, of: name, life)
            async let second: Void? = try? upload(two, to: coordinator, of: name, life)
            _ = await (first, second)
        case 5:
            let update = await sent()
            async let first: Void? = try? upload(update, to: coordinator, of: name, life)
            async let second: Void? = try? upload(update, to: coordinator, of: name, life)
            _ = await (first, second)
        case 6: try? await coordinator.leave(name, client)
        case 7:
            try? await coordinator.register(
                name, client,
                Registration(architecture: TestServer.digest, sampleCount: 1, instance: "b"))
        case 8:
            let beat = Heartbeat(round: round, imagesTrained: 1, imagesPerSecond: 1)
            _ = try? await coordinator.heartbeat(name, client, beat)
        case 9 where !rules.options.strategy.objective.usesControlVariates:
            let (one, two) = (draw(client, round), draw(client, round))
            async let first: Void? = try? uploadPlainly(one, to: coordinator, of: name, life)
            async let second: Void? = try? uploadPlainly(two, to: coordinator, of: name, life)
            _ = await (first, second)
        case 10 where stepper.happens(onceIn: 3) && rules.replacements > 0:
            let request = RunRequest(
                clients: rules.options.clients, experiment: 1, rounds: rules.options.rounds)
            try? await coordinator.initialize(request, force: true) { _ in
                try await self.make(life)
            }
        case 11, 12: await coordinator.seen(client)
        default: try? await upload(await sent(), to: coordinator, of: name, life)
        }
    }

    // MARK: Updates

    /// The coordinator, as long as it is that of that life and the run goes on.
    private func present(_ life: Int) -> Coordinator? {
        state.withLock { state in
            state.life == life && state.disk.runs[state.disk.current].outcome == nil
                ? state.coordinator : nil
        }
    }

    private func wait(_ seconds: Double) async { try? await time.sleep(seconds: seconds) }

    private func nextSampleCount() -> Int {
        state.withLock { state in
            state.sampleCount += 1
            return state.sampleCount
        }
    }

    /// A client's model, as no other is.
    private func draw(
        _ client: Int, _ round: Int, value: Float? = nil, samples: Int? = nil
    ) -> IncomingUpdate {
        let samples = samples ?? nextSampleCount()
        let model =
            value.map { ParameterVector([Float](repeating: $0, count: 10)) }
            ?? Self.model(stepper)
        return IncomingUpdate(
            client: client, round: round, sampleCount: samples, value: .model(model),
            checksum: withUnsafeBytes(of: samples) { Array($0) }, byteCount: 40,
            origin: .binary)
    }

    /// What a client of the binary API makes of its model before it leaves.
    private func prepared(
        _ update: IncomingUpdate, by coordinator: Coordinator
    ) async -> IncomingUpdate {
        let strategy = rules.options.strategy
        guard !strategy.clientTransforms.isEmpty else { return update }
        let model = await coordinator.run.machine.openState.model
        let context = ClientContext(
            client: update.client, round: update.round, seed: 1, model: model,
            work: LocalWork(steps: 1, learningRate: 0.01))
        guard let sent = try? strategy.prepared(update.model, context).update else { return update }
        return IncomingUpdate(update, value: sent.value)
    }

    private func upload(
        _ update: IncomingUpdate, to coordinator: Coordinator, of run: RunIdentifier, _ life: Int
    ) async throws(APIError) {
        noteSent(update, run)
        _ = try await coordinator.admit(run, update.client, round: update.round)
        await stepper.pause()
        let result: Result<UpdateReceipt, APIError>
        do throws(APIError) {
            result = .success(try await coordinator.take(update, of: run))
        } catch {
            result = .failure(error)
        }
        if case .success = result { acknowledge(update, run, life) }
        await coordinator.release(update.client, run: run)
        _ = try result.get()
    }

    private func uploadPlainly(
        _ update: IncomingUpdate, to coordinator: Coordinator, of run: RunIdentifier, _ life: Int
    ) async throws(APIError) {
        let update = IncomingUpdate(update, origin: .plain)
        noteSent(update, run)
        try await coordinator.takePlain(update, of: run)
        acknowledge(update, run, life)
    }

    /// What an update is known by; nil for one of a run that nobody knows.
    private func name(
        _ update: IncomingUpdate, _ run: RunIdentifier
    ) -> SimulatedDisk.Sent? {
        let index = state.withLock { $0.disk.runs.firstIndex { $0.name == run } }
        return index.map {
            SimulatedDisk.Sent(
                run: $0, client: update.client, round: update.round, samples: update.sampleCount)
        }
    }

    private func noteSent(_ update: IncomingUpdate, _ run: RunIdentifier) {
        guard let sent = name(update, run) else { return }
        state.withLock { $0.updates[sent] = update }
    }

    private func acknowledge(_ update: IncomingUpdate, _ run: RunIdentifier, _ life: Int) {
        guard let sent = name(update, run) else { return }
        state.withLock { state in
            guard state.life == life else { return }
            state.acknowledged.append(
                SimulatedDisk.Acknowledgement(sent: sent, life: life, origin: update.origin))
        }
    }
}

extension IncomingUpdate {
    /// The same, but that it comes from elsewhere or says something else.
    fileprivate init(
        _ update: IncomingUpdate, value: UpdateValue? = nil, origin: Origin? = nil
    ) {
        self.init(
            client: update.client, round: update.round, sampleCount: update.sampleCount,
            value: value ?? update.value, checksum: update.checksum, byteCount: 40,
            origin: origin ?? update.origin)
    }
}
