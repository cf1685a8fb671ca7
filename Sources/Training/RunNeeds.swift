import Datasets
import Federation
import NeuralNetworks
import Platform

/// What a run asks of a machine before its first round: a lower bound, so that nothing is refused that
/// would have worked, and what is refused could not have.
package struct RunNeeds: Sendable, Equatable {
    /// Images that clients go through in a round at most.
    package let imagesPerRound: Double
    /// Bytes of plans, models and sums.
    package let networkBytes: Double
    /// Bytes of what is known of each client in a round.
    package let clientBytes: Double
    /// Parameters of the model.
    package let parameterCount: Int
    /// A sample's shape.
    package let input: FeatureShape
    /// Threads that have a plan of their own.
    package let threads: Int
    /// Clients that have a place in a round.
    package let places: Int

    /// Bytes in all.
    package var bytes: Double { networkBytes + clientBytes }

    /// As many images as can be counted without rounding.
    package static let imageLimit = 0x1p53

    /// What a participant, its events and its work take, at the least: measured are about 700.
    private static let bytesPerPlace = 400.0
    /// What a client takes that was looked at and is not available.
    private static let bytesPerDraw = 32.0

    /// The needs of a federation.
    /// - Parameters:
    ///   - trains: whether clients are trained in this process, and not elsewhere.
    ///   - serves: whether this process makes the global model.
    ///   - rules: rules without a `problem`.
    package init(
        _ architecture: Architecture, engine: Engine, loss: Loss, strategy: Strategy,
        training: LocalTraining, largestShard: Int, testImages: Int,
        rules: RoundEngine.Configuration, threads: Int,
        trains: Bool = true, serves: Bool = true
    ) {
        parameterCount = architecture.parameterCount
        input = architecture.input
        places = rules.places
        imagesPerRound = Double(places) * Double(training.imageCount(samples: max(1, largestShard)))

        let model = 4 * Double(parameterCount)
        let pieces = max(1, testImages / EvaluationSet.pieceSize)
        let trainers = trains ? min(threads, places) : 0
        let testers =
            testImages == 0 ? 0 : min(threads, rules.evaluatesClients ? pieces * places : pieces)
        self.threads = max(trainers, testers)

        let batch = training.batchSize(samples: max(1, largestShard))
        let trainingPlan = Self.bytes(architecture, batch, .training, engine, loss)
        let testingPlan = Self.bytes(
            architecture, EvaluationSet.batchSize, .inference, engine, loss)
        var besides = 1.0 + Double(training.optimizer.stateCount)  // the update that is made
        if strategy.objective.proximal > 0 { besides += 1 }
        // The last updates wait for others; where there are more, the sum has two words a parameter.
        let waiting = min(places, ExactAccumulator.waitingLimit(count: parameterCount))
        let sum = Double(waiting) + (places > waiting ? 4 : 0)
        // The model and the next one.
        var models = serves ? 2.0 + sum : 1
        var perPlace = Self.bytesPerPlace
        // What is averaged beside the models, corrected by, kept on both sides, or kept of each update.
        let extras = Double(strategy.transforms.flatMap(\.extraNames).count)
        models += Double(strategy.server.vectorNames.count) + sum * extras
        if strategy.objective.usesControlVariates { besides += 1 }
        perPlace += Double(strategy.clientStateNames.count) * model
        if strategy.aggregator.memory == .perUpdate { perPlace += (1 + extras) * model }
        networkBytes =
            models * model + Double(trainers) * (trainingPlan + besides * model)
            + Double(testers) * testingPlan
        let chance = rules.participation.availability
        let looked = min(Double(rules.population), Double(places) / chance) - Double(places)
        clientBytes = Double(places) * perPlace + max(0, looked) * Self.bytesPerDraw
    }

    /// The needs of one client of a federation elsewhere, which trains on a thread.
    /// - Parameter testImages: images that it tests models on; 0 where it tests none.
    package init(
        clientOf architecture: Architecture, engine: Engine, loss: Loss,
        training: LocalTraining, largestShard: Int, testImages: Int = 0
    ) {
        self.init(
            architecture, engine: engine, loss: loss, strategy: .fedAvg, training: training,
            largestShard: largestShard, testImages: testImages,
            rules: RoundEngine.Configuration(population: 1, rounds: 1, evaluatesClients: false),
            threads: 1, serves: false)
    }

    /// Refuses needs that the machine has not got.
    /// - Throws: `RunNeedsError`.
    package func check(
        model: String, available: AvailableMemory? = AvailableMemory()
    ) throws(RunNeedsError) {
        guard imagesPerRound <= Self.imageLimit else {
            throw .tooManyImages(perRound: imagesPerRound)
        }
        guard let available, bytes > Double(available.bytes) else { return }
        if clientBytes > networkBytes {
            throw .clients(places, bytes: bytes, available: available)
        }
        throw .network(
            model, parameters: parameterCount, input: input, threads: threads, bytes: bytes,
            available: available)
    }

    /// The bytes of a plan; where they are beyond this machine anyway, only the least of them.
    private static func bytes(
        _ architecture: Architecture, _ batch: Int, _ purpose: Plan.Purpose, _ engine: Engine,
        _ loss: Loss
    ) -> Double {
        let least = Plan.leastByteCount(architecture, batchSize: batch)
        guard least < 0x1p45 else { return least }
        return Double(
            Plan.byteCount(
                architecture, batchSize: batch, purpose: purpose, engine: engine, loss: loss))
    }
}

/// Why a run cannot be begun on this machine.
package enum RunNeedsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// More images in a round than can be counted.
    case tooManyImages(perRound: Double)
    /// A network that does not fit into memory.
    case network(
        String, parameters: Int, input: FeatureShape, threads: Int, bytes: Double,
        available: AvailableMemory)
    /// Clients of a round that do not fit into memory.
    case clients(Int, bytes: Double, available: AvailableMemory)

    package var description: String {
        switch self {
        case .tooManyImages(let count):
            "a round would train on \(Self.rounded(count)) images, and \(Int(RunNeeds.imageLimit)) "
                + "are counted at most: take fewer clients, epochs or samples"
        case .network(let model, let parameters, let input, let threads, let bytes, let available):
            "\(model) on images of \(input) has \(parameters) parameters "
                + "(\(Self.size(4 * Double(parameters)))): with \(threads) "
                + "thread\(threads == 1 ? "" : "s") a run takes at least \(Self.size(bytes)) of memory, "
                + "and \(Self.there(available)): take a smaller model, smaller images or batches, or "
                + "fewer threads"
        case .clients(let count, let bytes, let available):
            "a round of \(count) clients takes at least \(Self.size(bytes)) of memory, and "
                + "\(Self.there(available)): take a smaller cohort"
        }
    }

    private static func there(_ memory: AvailableMemory) -> String {
        "\(size(Double(memory.bytes))) are free"
            + (memory.isLimited ? " within this process's control group" : "")
    }

    /// In units of 1000: "1.2 GB".
    private static func size(_ bytes: Double) -> String {
        var value = bytes
        var unit = 0
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(unit == 0 || value >= 99.95 ? rounded(value) : tenths(value)) \(units[unit])"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func rounded(_ value: Double) -> String {
        Int(exactly: value.rounded()).map { "\($0)" } ?? "\(value)"
    }
}
