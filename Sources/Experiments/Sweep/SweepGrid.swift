import Federation
import JSON
import NeuralNetworks

/// Settings and the values that each is to have: stands for all combinations of these.
public struct SweepGrid: Hashable, Sendable {
    /// The values by the names of settings; null leaves a setting at its default.
    public private(set) var values: [String: [JSONValue]] = [:]
    /// Where the grid was read, to begin complaints with: "grid.json, grid 2: "; empty for options.
    let place: String

    /// A grid without settings, which stands for one run of all defaults.
    public init() { self.init(place: "") }

    init(place: String) { self.place = place }

    /// Gives a setting its values, in place of those that it has.
    public subscript(name: String) -> [JSONValue]? {
        get { values[KeySpelling.setting(name)] }
        set { values[KeySpelling.setting(name)] = newValue }
    }

    /// Adds what was given elsewhere.
    /// - Throws: `SweepGridError` where both give the same setting.
    public func adding(_ other: SweepGrid) throws(SweepGridError) -> SweepGrid {
        var sum = self
        for (name, values) in other.values.sorted(by: { $0.key < $1.key }) {
            guard sum.values[name] == nil else { throw .both(place: place, name: name) }
            sum.values[name] = values
        }
        return sum
    }

    /// Whether sweeps have lists of a setting: of all that a run in memory can have, but for the data,
    /// which are the same for all combinations.
    public static func takes(_ setting: Setting) -> Bool {
        [nil, .simulated].contains(setting.needs.clients) && setting.name != "dataset"
            && !RunSpec.readingNames.contains(setting.name)
    }

    /// The setting that a name means, by which sweeps know it.
    ///
    /// nil where there is none, or none that sweeps have lists of.
    package static func setting(spelled name: String) -> Setting? {
        let dashed = Spelling.dashed(name.hasPrefix("--") ? String(name.dropFirst(2)) : name)
        return RunSpec.setting(spelled: earlierNames[dashed] ?? dashed).flatMap {
            takes($0) ? $0 : nil
        }
    }

    /// Names that sweeps have had.
    private static let earlierNames = [
        "experiments": "experiment", "batch-sizes": "batch-size",
        "learning-rates": "learning-rate", "seeds": "seed",
    ]

    /// All combinations, in the order of the table's columns: the first changes slowest, the seed
    /// fastest.
    ///
    /// A setting that only some of the grid's strategies have is left out of the others'.
    /// - Throws: `SweepGridError` with the sentence of `run` at the first that it would refuse.
    public func combinations() throws(SweepGridError) -> [SweepCombination] {
        let settings = values.keys.compactMap { RunSpec.setting(named: $0) }
            .sorted { Self.rank($0) < Self.rank($1) }
        let strategies = Set((values["strategy"] ?? []).map(Self.strategy))
        var combinations: [SweepCombination] = []
        var chosen = settings.map { _ in 0 }
        while true {
            var own: [SweepValue] = []
            for (setting, index) in zip(settings, chosen) {
                guard let list = values[setting.name], index < list.count else { continue }
                own.append(SweepValue(setting: setting.name, json: list[index]))
            }
            if let strategy = own.first(where: { $0.setting == "strategy" }).map({
                Self.strategy($0.json)
            }) {
                own.removeAll { value in
                    let owners = RunSpec.setting(named: value.setting)?.needs.strategies ?? []
                    return !owners.isEmpty && !owners.contains(strategy)
                        && !strategies.isDisjoint(with: owners)
                }
            }
            leaveOutForeign(&own)
            combinations.append(try combination(own))
            // Like a counter whose last digit goes round first.
            var digit = settings.count - 1
            while digit >= 0 {
                chosen[digit] += 1
                if chosen[digit] < values[settings[digit].name]?.count ?? 0 { break }
                chosen[digit] = 0
                digit -= 1
            }
            if digit < 0 { return combinations }
        }
    }

    /// A setting that only some of the grid's optimisers have is left out of the others', too.
    private func leaveOutForeign(_ own: inout [SweepValue]) {
        guard let chosen = own.first(where: { $0.setting == "optimizer" }) else { return }
        let optimizers = Set((values["optimizer"] ?? []).map(Self.optimizer))
        own.removeAll { value in
            let owners = RunSpec.setting(named: value.setting)?.needs.optimizers ?? []
            return !owners.isEmpty && !owners.contains(Self.optimizer(chosen.json))
                && !optimizers.isDisjoint(with: owners)
        }
    }

    private func combination(_ own: [SweepValue]) throws(SweepGridError) -> SweepCombination {
        do throws(SettingsError) {
            let given = try GivenSettings(
                Dictionary(own.map { ($0.setting, $0.json) }, uniquingKeysWith: { $1 }))
            return SweepCombination(spec: try RunSpec(given).validated(), values: own)
        } catch {
            throw .settings(place: place, error)
        }
    }

    /// FedAvg where the strategy is left at its default, or is none.
    private static func strategy(_ json: JSONValue) -> StrategyName {
        (try? StrategyName(json: json)) ?? .fedavg
    }

    /// SGD where the optimiser is left at its default, or is none.
    private static func optimizer(_ json: JSONValue) -> LocalOptimizer.Kind {
        (try? LocalOptimizer.Kind(json: json)) ?? .sgd
    }

    /// Where a setting stands in the order of combinations.
    private static func rank(_ setting: Setting) -> Int {
        let names = SweepTable.settings
        if setting.name == "seed" { return names.count }
        return names.firstIndex(of: setting.name) ?? names.count - 1
    }
}

/// One value of a setting in a sweep.
struct SweepValue: Hashable, Sendable {
    let setting: String
    /// Null where it is left at its default.
    let json: JSONValue

    /// As the sweep names its runs: "batch size 8".
    var words: String {
        let name = KeySpelling.words(setting)
        return switch json {
        case .null: "default \(name)"
        case .bool(let isSet): name + (isSet ? "" : " off")
        default: "\(name) \(json.cell)"
        }
    }
}

/// One run of a sweep.
public struct SweepCombination: Hashable, Sendable {
    /// What is run; the data have no name yet.
    public let spec: RunSpec
    /// The values that it has of the grid's settings.
    let values: [SweepValue]

    /// What tells each from the others: "strategy fedprox, mu 0.1, seed 2".
    public static func words(_ combinations: [SweepCombination]) -> [String] {
        let common = combinations.dropFirst().reduce(Set(combinations.first?.values ?? [])) {
            $0.intersection($1.values)
        }
        return combinations.map { combination in
            combination.values.filter { combinations.count == 1 || !common.contains($0) }
                .map(\.words).joined(separator: ", ")
        }
    }
}
