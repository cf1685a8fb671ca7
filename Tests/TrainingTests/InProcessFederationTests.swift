import Datasets
import Federation
import NeuralNetworks
import Parameters
import Synchronization
import TestThreads
import Testing
import Training

/// A dataset and a network small enough for a test, with every kind of layer.
private struct Small {
    static let dataset = GeneratedDigits.dataset(
        seed: 2, trainCount: 1500, testCount: 700, threads: 2)

    static func configuration(
        threads: Int, experiment: Experiment = .skewed, clients: Int = 5, rounds: Int = 3,
        samples: Int = 60, batchSize: Int = 7, learningRate: Float = 0.05, epochs: Int = 2,
        seed: UInt64 = 3, target: Double? = nil, evaluatesClients: Bool = true
    ) throws -> InProcessFederation.Configuration {
        let architecture = try Architecture(
            input: .image(height: 28, width: 28, channels: 1),
            [
                .convolution(filters: 4, kernel: 5, strides: 2, activation: .relu),
                .maxPooling(2), .dropout(0.25), .flatten, .dense(16, activation: .relu),
                .dropout(0.5), .dense(10),
            ])
        return InProcessFederation.Configuration(
            architecture: architecture,
            training: LocalTraining(
                .epochs(Double(epochs)), batchSize: batchSize,
                optimizer: LocalOptimizer(learningRate: learningRate)),
            shards: try ShardSampler(
                labels: dataset.train, experiment: experiment, samples: samples, seed: seed),
            trainingImages: dataset.train, evaluationSet: EvaluationSet(dataset.test),
            rounds: RoundEngine.Configuration(
                population: clients, rounds: rounds, targetAccuracy: target,
                evaluatesClients: evaluatesClients),
            seed: seed, threads: threads)
    }

    static func run(_ configuration: InProcessFederation.Configuration) -> RunResult {
        InProcessFederation(configuration, onRound: { _, _ in }).run()
    }
}

@Suite("A federation in one process", .holdsItsThread)
struct InProcessFederationTests {
    @Test("The same bits with 1, 2 and 7 threads", arguments: Experiment.allCases)
    func sameBits(experiment: Experiment) throws {
        let one = Small.run(try Small.configuration(threads: 1, experiment: experiment))
        #expect(one.outcome == .completed)
        #expect(one.rounds.count == 3)
        for threads in [2, 7] {
            let many = Small.run(try Small.configuration(threads: threads, experiment: experiment))
            #expect(many.model == one.model)
            #expect(many.rounds.map(\.record) == one.rounds.map(\.record))
            #expect(many.rounds.map(\.classCounts) == one.rounds.map(\.classCounts))
        }
        let other = Small.run(try Small.configuration(threads: 2, experiment: experiment, seed: 4))
        #expect(other.model != one.model)
    }

    @Test("The order in which updates arrive changes no bit")
    func arrivalOrder() throws {
        let configuration = try Small.configuration(threads: 1)
        let plan = Plan(
            configuration.architecture, batchSize: 7,
            purpose: .training)
        let global = configuration.architecture.initialParameters(seed: configuration.seed)
        var updates = try (0..<5).map { client in
            let shard = configuration.shards.shard(client: client, round: 1)
            let result = try plan.trainLocally(
                configuration.training, objective: .plain, from: global,
                on: configuration.trainingImages, shard: shard, seed: configuration.seed,
                client: client, round: 1)
            return ModelUpdate(
                client: client, round: 1, sampleCount: shard.count, parameters: result.parameters)
        }
        var random = RandomStream(RandomKey(seed: 1, purpose: .benchmark))
        var first: ParameterVector?
        for _ in 0..<100 {
            random.shuffle(&updates)
            var sum = ExactAccumulator(layout: configuration.architecture.layout)
            for update in updates { try sum.add(update) }
            let mean = try sum.mean()
            #expect(mean == first ?? mean)
            first = mean
        }
        // The federation's first round is that mean.
        let run = Small.run(try Small.configuration(threads: 3, rounds: 1))
        #expect(run.model == first)
    }

    @Test("It learns")
    func learns() throws {
        let result = Small.run(
            try Small.configuration(
                threads: 2, experiment: .uniform, rounds: 6, samples: 200, epochs: 5))
        let accuracies = result.rounds.compactMap(\.record.global?.accuracy)
        #expect(accuracies.count == 6)
        #expect((accuracies.last ?? 0) > 0.6)
        #expect((accuracies.last ?? 0) > (accuracies.first ?? 1))
    }

    @Test("A server's step out of range ends the run as diverged, whether a round is tested or not")
    func serverDivergence() throws {
        let strategies: [Strategy] = [
            .fedAvgM(learningRate: 1e45), .fedNova(learningRate: 1e45),
            .scaffold(learningRate: 1e45),
            .adaptive(ServerOptimizer(.yogi, learningRate: 1e45)),
        ]
        for strategy in strategies {
            for interval in [1, 5] {
                var configuration = try Small.configuration(threads: 2)
                configuration.strategy = strategy
                configuration.rounds = RoundEngine.Configuration(
                    population: 5, rounds: 3, evaluationInterval: interval,
                    evaluatesClients: false)
                let committed = Mutex<[FederationState]>([])
                let result = InProcessFederation(
                    configuration, onRound: { _, state in committed.withLock { $0.append(state) } }
                ).run()
                let note: Comment = "\(strategy), tested every \(interval)"
                guard case .diverged(nil, 1, let reason) = result.outcome else {
                    Issue.record("\(note): \(result.outcome)")
                    continue
                }
                #expect(reason.contains("of the new global model is "), note)
                #expect(reason.hasSuffix("infinity; a finite number was expected"), note)
                #expect(committed.withLock { $0 }.isEmpty, note)
                #expect(result.rounds.isEmpty, note)
                #expect(
                    result.model == configuration.architecture.initialParameters(seed: 3), note)
            }
        }
    }

    @Test(
        "A run that diverges stops, names client and round, and keeps the committed model",
        arguments: [(Float(1e38), "no finite number"), (1e8, "must stay below")])
    func divergence(learningRate: Float, clause: String) throws {
        let configuration = try Small.configuration(threads: 2, learningRate: learningRate)
        let result = Small.run(configuration)
        guard case .diverged(let client, let round, let reason) = result.outcome else {
            Issue.record("not diverged but \(result.outcome)")
            return
        }
        #expect(client == 0)
        #expect(round == 1)
        #expect(reason.contains(clause), "\(reason)")
        #expect(result.rounds.isEmpty)
        #expect(result.model == configuration.architecture.initialParameters(seed: 3))
    }

    @Test("A target ends the run in the round that reaches it")
    func target() throws {
        let result = Small.run(
            try Small.configuration(
                threads: 2, experiment: .uniform, rounds: 20, samples: 200, epochs: 5, target: 0.5))
        #expect(result.outcome == .reachedTarget(round: result.rounds.count))
        #expect(result.rounds.count < 20)
        let accuracies = result.rounds.compactMap(\.record.global?.accuracy)
        #expect((accuracies.last ?? 0) >= 0.5)
        #expect(accuracies.dropLast().allSatisfy { $0 < 0.5 })
    }

    @Test("A run that is stopped keeps its committed rounds")
    func stop() throws {
        let whole = Small.run(try Small.configuration(threads: 2, rounds: 2))
        let holder = Mutex<InProcessFederation?>(nil)
        let federation = InProcessFederation(
            try Small.configuration(threads: 2, rounds: 1000),
            onRound: { round, _ in
                if round.record.round == 2 { holder.withLock { $0?.stop() } }
            })
        holder.withLock { $0 = federation }
        let result = federation.run()
        #expect(result.outcome == .interrupted)
        // Another round may have been committed before the workers saw the stop.
        #expect(result.rounds.count >= 2 && result.rounds.count < 1000)
        #expect(result.rounds[1].record == whole.rounds[1].record)
    }

    @Test("Going on after any committed round gives the rounds and bits of an undisturbed run")
    func resumption() throws {
        let configuration = try Small.configuration(threads: 2, rounds: 4)
        let committed = Mutex<[(round: CommittedRound, state: FederationState)]>([])
        let whole = InProcessFederation(configuration) { round, state in
            committed.withLock { $0.append((round, state)) }
        }.run()
        let all = committed.withLock { $0 }
        // A run keeps the classes' results of its last round alone.
        #expect(all.allSatisfy { $0.round.classes != nil })
        var kept = all.map(\.round)
        for round in kept.indices.dropLast() { kept[round].classes = nil }
        #expect(kept == whole.rounds)
        #expect(all.last?.state.model == whole.model)
        #expect(whole.rounds.allSatisfy { $0.trainingSeconds > 0 && $0.evaluationSeconds > 0 })
        for count in 1...4 {
            let fresh = Mutex<[Int]>([])
            let federation = InProcessFederation(
                configuration, resuming: all.prefix(count).map(\.round),
                state: all[count - 1].state,
                onRound: { round, _ in fresh.withLock { $0.append(round.record.round) } })
            let resumed = federation.run()
            #expect(resumed.outcome == .completed)
            #expect(federation.idleShares.count == 4 - count)
            #expect(resumed.model == whole.model)
            #expect(resumed.rounds.map(\.record) == whole.rounds.map(\.record))
            #expect(resumed.rounds.map(\.classCounts) == whole.rounds.map(\.classCounts))
            #expect(fresh.withLock { $0 } == Array(1...4).dropFirst(count).map(\.self))
        }
    }

    @Test("A round that cannot be committed has not been, and ends the run", arguments: [1, 2, 3])
    func commitFailure(round failing: Int) throws {
        struct Full: Error {}
        let models = Mutex<[ParameterVector]>([])
        let configuration = try Small.configuration(threads: 2, rounds: 3)
        let result = InProcessFederation(configuration) { round, state in
            if round.record.round == failing { throw Full() }
            models.withLock { $0.append(state.model) }
        }.run()
        #expect(result.commitError is Full)
        #expect(result.outcome == .interrupted)
        #expect(result.rounds.map(\.record.round) == Array(1..<failing))
        let last = models.withLock { $0.last }
        #expect(result.model == last ?? configuration.architecture.initialParameters(seed: 3))
    }

    @Test("A batch larger than the shard is one short batch")
    func largeBatch() throws {
        let wide = Small.run(
            try Small.configuration(
                threads: 2, experiment: .equalRandom, samples: 20, batchSize: 500))
        let exact = Small.run(
            try Small.configuration(
                threads: 2, experiment: .equalRandom, samples: 20, batchSize: 20))
        #expect(wide.outcome == .completed)
        // Dropout draws by the plan's batch size; nothing else tells them apart.
        #expect(
            wide.rounds.map { $0.record.clients.map(\.sampleCount) }
                == exact.rounds.map { $0.record.clients.map(\.sampleCount) })
    }
}

@Suite("Evaluation", .holdsItsThread)
struct EvaluationSetTests {
    @Test("Pieces cover every image once, and threads change nothing")
    func pieces() throws {
        let configuration = try Small.configuration(threads: 1)
        let model = configuration.architecture.initialParameters(seed: 1)
        let set = configuration.evaluationSet
        #expect(set.pieceCount == 2)
        let one = set.evaluate(model, architecture: configuration.architecture, threads: 1)
        #expect(one.count == 700)
        for threads in [2, 7] {
            #expect(
                set.evaluate(model, architecture: configuration.architecture, threads: threads)
                    == one)
        }
        // Against a plan that takes the images one by one.
        let plan = Plan(configuration.architecture, batchSize: 1, purpose: .inference)
        plan.load(model)
        var loss = 0.0
        var correct: Int64 = 0
        for index in 0..<Int32(700) {
            set.images.copyBatch([index][...], to: plan.places)
            let result = plan.evaluate(count: 1)
            loss += result.lossSum
            correct += result.correct
        }
        #expect(abs(one.loss - loss / 700) < 1e-5)
        #expect(abs(one.accuracy - Double(correct) / 700) < 0.003)
    }

    @Test("One thread is never idle; of four, three are while one client trains")
    func idle() throws {
        for threads in [1, 4] {
            let configuration = try Small.configuration(
                threads: threads, clients: 1, epochs: 20, evaluatesClients: false)
            let federation = InProcessFederation(configuration, onRound: { _, _ in })
            #expect(federation.idleShares.isEmpty)
            #expect(federation.run().outcome == .completed)
            #expect(federation.idleShares.count == 3)
            let isRight = federation.idleShares.allSatisfy { share in
                threads == 1 ? share == 0 : share > 0.2 && share < 1
            }
            #expect(isRight, "\(federation.idleShares)")
        }
    }

    @Test("A part of the test set is random, sorted, without repeats, and the seed's")
    func fraction() {
        let images = Small.dataset.test
        let part = EvaluationSet(images, fraction: 0.3, seed: 5)
        #expect(part.indices.count == 210)
        #expect(Set(part.indices).count == 210)
        #expect(part.indices == part.indices.sorted())
        #expect(part.indices == EvaluationSet(images, fraction: 0.3, seed: 5).indices)
        #expect(part.indices != EvaluationSet(images, fraction: 0.3, seed: 6).indices)
        #expect(EvaluationSet(images, fraction: 1e-9).indices.count == 1)
        #expect(EvaluationSet(images).indices == Array(0..<700))
    }
}
