import Datasets
import Experiments
import Federation
import JSON
import Parameters

/// Settings as chance has them: mostly sensible, with values among them that are not. The table says
/// which there are, so that a new row needs no more.
package struct RandomSettings {
    package var random: RandomStream

    package init(seed: UInt64) {
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

    package mutating func chance(_ oneIn: Int) -> Bool { random.next(below: oneIn) == 0 }

    private mutating func count(_ usual: ClosedRange<Int>) -> Int {
        chance(12) ? pick(Self.counts) : random.next(in: usual)
    }

    private mutating func number(_ usual: Double) -> Double {
        chance(12) ? pick(Self.numbers) : usual
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[random.next(below: values.count)]
    }

    package mutating func settings() -> RunSpec {
        var spec = RunSpec()
        spec.strategy = pick(StrategyName.allCases)
        let clients = pick([Setting.Clients.simulated, .joining])
        for setting in RunSpec.settings {
            guard isGiven(setting, to: spec, clients) else { continue }
            // What a library's caller may write down, whether a word or a file can say it or not.
            try? setting.set(value(of: setting), in: &spec)
        }
        if chance(4) { spec.partition = partition() }
        if spec.strategy == .fedsgd, !chance(8) {
            spec.epochs = 1
            spec.steps = nil
            spec.batchSize = .all
        }
        return spec
    }

    /// What has a default is given mostly; what belongs to other runs hardly ever.
    private mutating func isGiven(
        _ setting: Setting, to spec: RunSpec, _ clients: Setting.Clients
    ) -> Bool {
        if ["strategy", "partition"].contains(setting.name) || setting.needs.clients == .noted {
            return false
        }
        let isForeign =
            !setting.needs.strategies.isEmpty && !setting.needs.strategies.contains(spec.strategy)
            || setting.needs.clients != nil && setting.needs.clients != clients
            || setting.needs.experiment && setting.kind == .flag
            || !setting.needs.optimizers.isEmpty
                && !setting.needs.optimizers.contains(spec.optimizer ?? .sgd)
            || setting.needs.other.flatMap(RunSpec.setting(named:)).map {
                $0.value(of: spec) == $0.standard
            } ?? false
        if isForeign { return chance(100) }
        return setting.standard == .null ? chance(4) : !chance(4)
    }

    private mutating func value(of setting: Setting) -> JSONValue {
        switch setting.kind {
        case .whole where setting.bounds == nil:
            return JSONValue(UInt64(truncatingIfNeeded: random.next()))
        case .whole: return .integer(count(setting.name == "samples" ? 10...600 : 1...20))
        case .wholeOrAll: return chance(4) ? "all" : .integer(count(1...64))
        case .number where setting.name == "cohort" && chance(2): return .integer(count(1...30))
        case .number:
            let usual = [0.07, 0.1, 0.5, 0.99, 1, 1.3, 2].filter {
                setting.bounds?.contains($0) ?? true
            }
            return .number(number(pick(usual.isEmpty ? [0.5] : usual)))
        case .flag: return .bool(chance(2))
        case .choice(let names): return (try? setting.json(word: pick(names))) ?? .null
        case .choiceOrFile(let names):
            return chance(3) ? OwnModel.json : (try? setting.json(word: pick(names))) ?? .null
        case .text:
            return pick([
                "digits", "topk:0.1", "topk:1.0", "topk:0.5", "topk", "zip", "cosine",
                "shift:2+flip", "equal", "capped:100",
            ])
        }
    }

    private mutating func partition() -> Partition {
        pick([
            .iid, .shards(perClient: 2, size: nil), .dirichlet(alpha: 0.5),
            .labels(perClient: count(1...10)), .powerLawLabels(perClient: count(1...10)),
            .logNormal(sigma: number(1)),
        ])
    }
}
