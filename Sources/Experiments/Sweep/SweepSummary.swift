import Federation
import JSON

/// What came of a sweep's runs by each of the settings that differ between them.
public struct SweepSummary: Hashable, Sendable {
    /// The runs with one value of a setting.
    public struct Group: Hashable, Sendable {
        /// The setting's name.
        public let setting: String
        /// Its value in words.
        public let value: String
        /// How many runs have it.
        public let count: Int
        /// Their accuracy, or R², in the end; nil where none was tested.
        public let accuracy: Spread?
        /// How long one of them takes.
        public let secondsPerRun: Double
    }

    /// By setting, in the order of the table's columns, and by value, in the order of the runs.
    public let groups: [Group]
    /// How long a run takes; 0 where there are none.
    public let secondsPerRun: Double

    /// What the table says of these runs; those that it does not have are left out.
    public init(of runs: [Sweep.Run], in table: SweepTable) {
        let known = runs.compactMap { run in table.result(of: run).map { (run.spec, $0) } }
        func seconds(_ results: [SweepTable.Result]) -> Double {
            results.isEmpty ? 0 : results.reduce(0) { $0 + $1.seconds } / Double(results.count)
        }
        secondsPerRun = seconds(known.map(\.1))
        groups = SweepTable.settings.compactMap(RunSpec.setting(named:)).flatMap {
            setting -> [Group] in
            var values: [JSONValue] = []
            var results: [JSONValue: [SweepTable.Result]] = [:]
            for (spec, result) in known {
                let value = spec.effective(setting)
                if results[value] == nil { values.append(value) }
                results[value, default: []].append(result)
            }
            guard values.count > 1 else { return [] }
            return values.map { value in
                let own = results[value] ?? []
                return Group(
                    setting: setting.name, value: value == .null ? "–" : value.cell,
                    count: own.count, accuracy: Spread(own.compactMap(\.finalAccuracy)),
                    secondsPerRun: seconds(own))
            }
        }
    }
}
