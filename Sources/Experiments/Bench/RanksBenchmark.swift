import Datasets
import Federation
import NeuralNetworks
import Platform
import RankTraining
import Training

/// What a round over ranks costs, part by part and whole, and what follows for many ranks.
package struct RanksBenchmark {
    package let model: ModelChoice
    package let engine: Engine
    package let communicator: any Communicator
    package let repeats: Int
    /// Clients of a round that is measured whole.
    package let clients: Int

    package init(
        model: ModelChoice, engine: Engine, communicator: any Communicator, repeats: Int,
        clients: Int
    ) {
        self.model = model
        self.engine = engine
        self.communicator = communicator
        self.repeats = repeats
        self.clients = clients
    }

    /// Images of each client.
    package static let samples = 600
    private static let batchSize = 8
    /// A cohort worth so many ranks.
    package static let forecastClients = 8_192

    /// Medians over repeats, in seconds.
    package struct Figures: Encodable {
        package var ranks: Int
        package var parameters: Int
        package var clients: Int
        /// One client's training on one core, and the test set on one core, while all ranks work.
        package var clientSeconds: Double
        package var testSeconds: Double
        /// The model to all ranks, and all ranks' sums to rank 0.
        package var broadcastSeconds: Double
        package var reductionSeconds: Double
        /// Rank 0's mean.
        package var meanSeconds: Double
        /// A whole round, measured and by the formula.
        package var roundSeconds: Double
        package var expectedSeconds: Double
        package var idleShare: Double
        package var forecast: RanksForecast
    }

    /// Measures together with all ranks; what comes out counts on rank 0.
    package func measure() throws -> Figures {
        let data = GeneratedDigits.dataset(
            seed: 1, trainCount: clients * Self.samples, testCount: 10_000, threads: 1)
        let architecture = try model.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        let rounds = max(2, repeats)
        let configuration = InProcessFederation.Configuration(
            architecture: architecture, engine: engine,
            training: LocalTraining(
                .epochs(1), batchSize: Self.batchSize,
                optimizer: LocalOptimizer(learningRate: 0.01)),
            shards: try Partition.iid.divide(data.train, among: clients, seed: 1),
            trainingImages: data.train, evaluationSet: EvaluationSet(data.test),
            rounds: RoundEngine.Configuration(
                population: clients, rounds: rounds + 1, evaluatesClients: false),
            seed: 1, threads: 1)
        let (client, test) = work(configuration)
        let (broadcast, reduction, mean) = try collectives(architecture)
        let (round, idle) = wholeRounds(configuration)
        let bytes = Double(architecture.parameterCount)
        let forecast = RanksForecast(
            clients: Self.forecastClients, clientSeconds: client,
            pieces: configuration.evaluationSet.pieceCount, testSeconds: test,
            modelBytes: bytes * 4, sumBytes: bytes * 16,
            reportSeconds: TrainingReport.readingSeconds(clients: 2), meanSeconds: mean,
            additionSecondsPerByte: addition(architecture.parameterCount))
        var here = forecast
        here.clients = clients
        let expected = here.round(on: communicator.size)
        return Figures(
            ranks: communicator.size, parameters: architecture.parameterCount, clients: clients,
            clientSeconds: client, testSeconds: test, broadcastSeconds: broadcast,
            reductionSeconds: reduction, meanSeconds: mean, roundSeconds: round,
            // Between ranks of one machine is no network: what was measured stands for it.
            expectedSeconds: expected.training + expected.test + broadcast + reduction
                + expected.reports + mean,
            idleShare: idle, forecast: forecast)
    }

    /// Waits until all ranks have come here.
    private func meet() {
        _ = communicator.gather([])
        _ = communicator.broadcast(message: [])
    }

    private func median(_ measure: () throws -> Double) rethrows -> Double {
        try (0..<repeats).map { _ in try measure() }.sorted()[repeats / 2]
    }

    /// The mean over ranks, where all of them measure at once; 0 on all but rank 0.
    private func mean(_ seconds: Double) -> Double {
        let all = communicator.gather(value: seconds)
        return all.isEmpty ? 0 : all.reduce(0, +) / Double(all.count)
    }

    /// A client's training and the whole test set, on every rank at once.
    private func work(
        _ configuration: InProcessFederation.Configuration
    ) -> (client: Double, test: Double) {
        let model = configuration.architecture.initialParameters(seed: 1)
        let plan = Plan(
            configuration.architecture, batchSize: Self.batchSize, purpose: .training,
            engine: engine)
        let client = median {
            meet()
            let start = MonotonicClock.seconds()
            _ = try? plan.trainLocally(
                configuration.training, objective: configuration.strategy.objective, from: model,
                on: configuration.trainingImages,
                shard: configuration.shards.shard(client: 0, round: 1), seed: 1, client: 0,
                round: 1)
            return mean(MonotonicClock.seconds() - start)
        }
        let test = median {
            meet()
            let start = MonotonicClock.seconds()
            _ = configuration.evaluationSet.evaluate(
                model, architecture: configuration.architecture, engine: engine, threads: 1)
            return mean(MonotonicClock.seconds() - start)
        }
        return (client, test)
    }

    /// The model out, the sums in, and rank 0's mean of them.
    private func collectives(
        _ architecture: Architecture
    ) throws -> (broadcast: Double, reduction: Double, mean: Double) {
        var model = architecture.initialParameters(seed: 1)
        let broadcast = median {
            meet()
            let start = MonotonicClock.seconds()
            model.withUnsafeMutableBufferPointer {
                communicator.broadcast(UnsafeMutableRawBufferPointer($0))
            }
            _ = communicator.gather([])
            return MonotonicClock.seconds() - start
        }
        var one = ExactMeanFold(architecture.layout)
        let update = Contribution(
            client: 0, round: 1, sampleCount: 600, weight: 600, value: .model(model))
        try one.add([update], threads: 1)
        var means: [Double] = []
        let reduction = try median {
            var sum = one
            // The copy is made before the clock runs.
            try sum.add([update], threads: 1)
            meet()
            let start = MonotonicClock.seconds()
            if let error = communicator.reduce(&sum) { throw error }
            let end = MonotonicClock.seconds()
            if communicator.rank == 0 { _ = try sum.finish(threads: 1) }
            means.append(MonotonicClock.seconds() - end)
            return end - start
        }
        return (broadcast, reduction, means.sorted()[repeats / 2])
    }

    /// Seconds for adding a byte of words to others.
    private func addition(_ count: Int) -> Double {
        var sum = [Int64](repeating: 1, count: count)
        let other = [Int64](repeating: 2, count: count)
        let seconds = median {
            let start = MonotonicClock.seconds()
            for index in sum.indices { sum[index] &+= other[index] }
            return MonotonicClock.seconds() - start
        }
        return seconds / Double(8 * count)
    }

    /// Whole rounds, as a run has them: the median's seconds and idle share.
    private func wholeRounds(
        _ configuration: InProcessFederation.Configuration
    ) -> (seconds: Double, idle: Double) {
        guard communicator.rank == 0 else {
            RankWorker(configuration, communicator).serve()
            return (0, 0)
        }
        let federation = DistributedFederation(
            configuration, communicator, progress: RunProgress(), onRound: { _, _ in })
        let result = federation.run()
        DistributedFederation.dismiss(communicator)
        // The first round makes the plans.
        let seconds = result.rounds.dropFirst().map(\.seconds).sorted()
        let idle = federation.idleShares.dropFirst().sorted()
        return (seconds[seconds.count / 2], idle[idle.count / 2])
    }
}
