import Datasets
import Federation
import FederationServer
import NeuralNetworks
import Parameters
import federated

/// Settings and requests as chance has them: mostly sensible, with values among them that are not.
struct RandomSettings {
    private var random: RandomStream

    init(seed: UInt64) {
        random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
    }

    private static let counts = [
        Int.min, -3, 0, 1, 2, 5, 8, 10, 11, 20, 599, 600, 60_000, 10_000_000, 10_000_001,
        Int(Int32.max), Int(Int32.max) + 1, 1 << 40, 9_000_000_000_000_000_000, Int.max,
    ]
    private static let numbers = [
        Double.nan, -.infinity, .infinity, -1, -0.0, 0, .leastNonzeroMagnitude, 1e-300, 1e-30, 0.07,
        0.1, 0.5, 0.99,
        1, 1.1, 1.3, 2, 100, 101, 1e6, 1e7, 1e9, 1e18, 1e300,
    ]

    mutating func chance(_ oneIn: Int) -> Bool { random.next(below: oneIn) == 0 }

    mutating func count(_ usual: ClosedRange<Int>) -> Int {
        chance(8) ? Self.counts[random.next(below: Self.counts.count)] : random.next(in: usual)
    }

    mutating func number(_ usual: Double) -> Double {
        chance(8) ? Self.numbers[random.next(below: Self.numbers.count)] : usual
    }

    private mutating func maybe<Value>(_ oneIn: Int, _ value: (inout Self) -> Value) -> Value? {
        chance(oneIn) ? value(&self) : nil
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[random.next(below: values.count)]
    }

    mutating func settings() -> ExperimentSettings {
        var settings = ExperimentSettings()
        settings.dataset = "digits"
        settings.experiment = pick(Experiment.allCases)
        settings.partition = maybe(4) {
            $0.pick([
                .iid, .shards(perClient: 2, size: nil), .dirichlet(alpha: 0.5),
                .labels(perClient: $0.count(1...10)), .logNormal(sigma: $0.number(1)),
            ])
        }
        settings.clients = count(1...30)
        settings.rounds = count(1...20)
        settings.samples = count(10...600)
        settings.epochs = maybe(2) { $0.number(2) }
        settings.steps = maybe(4) { $0.count(1...50) }
        settings.batchSize = chance(4) ? .all : .samples(count(1...64))
        settings.learningRate = Float(number(0.1))
        settings.learningRateDecay = number(1)
        settings.momentum = Float(number(0.5))
        settings.weightDecay = Float(number(0))
        settings.gradientClip = maybe(4) { Float($0.number(1)) }
        settings.strategy = pick(StrategyName.allCases)
        settings.mu = maybe(8) { Float($0.number(0.1)) }
        settings.serverLearningRate = maybe(8) { $0.number(0.1) }
        settings.serverMomentum = maybe(8) { $0.number(0.5) }
        settings.beta1 = maybe(8) { $0.number(0.5) }
        settings.beta2 = maybe(8) { $0.number(0.5) }
        settings.tau = maybe(8) { $0.number(0.1) }
        settings.clipUpdate = maybe(8) { Float($0.number(1)) }
        settings.compress = maybe(8) { $0.pick(["topk:0.1", "topk:1.0", "topk:0", "topk", "zip"]) }
        settings.model = pick(NamedModel.allCases)
        settings.targetAccuracy = maybe(4) { $0.number(0.5) }
        settings.patience = maybe(4) { $0.count(1...5) }
        settings.evaluateEvery = count(1...5)
        settings.evaluationFraction = number(0.5)
        settings.noClientEvaluation = chance(2)
        settings.fixedShards = chance(8)
        settings.cohort = maybe(2) {
            $0.chance(2) ? .fraction($0.number(0.5)) : .count($0.count(1...30))
        }
        settings.overSelection = maybe(4) { $0.number(1.3) }
        settings.minimumClients = maybe(4) { $0.count(1...10) }
        settings.availability = maybe(4) { $0.number(0.5) }
        settings.dropoutBefore = maybe(4) { $0.number(0.5) }
        settings.dropoutAfter = maybe(4) { $0.number(0.5) }
        settings.dropDiverging = maybe(4) { _ in true }
        settings.roundDeadline = maybe(4) { $0.number(10) }
        return settings
    }

    /// What the route of `initialize` lets through.
    mutating func request() -> RunRequest {
        RunRequest(
            clients: chance(3) ? random.next(in: 1...100_000) : random.next(in: 1...30),
            experiment: random.next(in: 1...4),
            rounds: chance(8) ? 1_000_000 : random.next(in: 1...20))
    }
}
