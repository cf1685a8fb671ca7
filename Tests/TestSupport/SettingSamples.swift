import Experiments
import Federation
import JSON

/// Runs in which a setting is not at its default, and values that none may have: found by the table, so
/// that a new row needs no more.
package enum SettingSample {
    /// Texts that some setting takes.
    private static let texts: [JSONValue] = [
        "digits", "iid", "topk:0.5", "step:2:0.5", "shift:2", "exec:rule.py", "batches",
    ]

    /// Where clients must be trained for a setting to mean anything.
    package static func execution(of setting: Setting) -> Execution {
        switch setting.needs.clients {
        case nil, .simulated: .memory
        case .joining, .noted: .served
        }
    }

    /// A run that meets a setting's needs, with the setting at its default.
    package static func plain(for setting: Setting) -> RunSpec {
        var spec = RunSpec()
        if let strategy = setting.needs.strategies.first { spec.strategy = strategy }
        if let optimizer = setting.needs.optimizers.first, optimizer != .sgd {
            spec.optimizer = optimizer
        }
        if let name = setting.needs.other, let other = RunSpec.setting(named: name) {
            if other.kind == .text {
                spec = Self.spec(with: other) ?? spec
            } else {
                // Half of whatever it is.
                try? other.set(0.5, in: &spec)
            }
        }
        return spec
    }

    /// A run with another value of the setting than the default; nil where none of those tried here is
    /// one.
    package static func spec(with setting: Setting) -> RunSpec? {
        candidates(for: setting).lazy.compactMap { value in
            guard value != setting.standard else { return nil }
            return try? spec(with: setting, at: value)
        }.first
    }

    private static func spec(with setting: Setting, at value: JSONValue) throws -> RunSpec {
        var spec = plain(for: setting)
        try setting.set(value, in: &spec)
        return try spec.validated(for: execution(of: setting))
    }

    private static func candidates(for setting: Setting) -> [JSONValue] {
        switch setting.kind {
        case .whole, .wholeOrAll: [7, 2, 60]
        case .number: [.number(0.5), .number(1.5), 2]
        case .flag: [true]
        case .choice(let names): names.reversed().compactMap { try? setting.json(word: $0) }
        case .choiceOrFile: [OwnModel.json]
        case .text: texts
        }
    }

    /// Values beyond a setting's bounds, on both sides, and what is no number.
    package static func outside(_ setting: Setting) -> [JSONValue] {
        guard let bounds = setting.bounds else { return [] }
        var values: [Double] = [bounds.low - 1]
        if !bounds.takesLow { values.append(bounds.low) }
        if let high = bounds.high { values += bounds.takesHigh ? [high + 1] : [high, high + 1] }
        if bounds != .count { values += [.nan, .infinity] }
        return values.map { Int(exactly: $0).map(JSONValue.integer) ?? .number($0) }
    }
}
