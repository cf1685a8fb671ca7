import Datasets
import JSON

/// What somebody has said of a run: values by the names of settings.
public struct GivenSettings: Hashable, Sendable {
    /// The values, none of them null.
    public private(set) var values: [String: JSONValue] = [:]

    /// Nothing said.
    public init() {}

    /// The members of a spec's JSON; null leaves a setting at its default.
    /// - Throws: `SettingsError` at the first, by name, that is no setting, or not its sort of value.
    public init(_ members: [String: JSONValue]) throws(SettingsError) {
        for (name, json) in members.sorted(by: { $0.key < $1.key }) {
            guard let setting = RunSpec.setting(named: name) else {
                let names = RunSpec.settings.filter { $0.needs.clients != .noted }.map(\.name)
                throw .unknown(name, meant: Suggestion.near(name, among: names))
            }
            guard json != .null else { continue }
            guard setting.needs.clients != .noted else { throw .noted(name) }
            guard values[setting.name] == nil else { throw .twice(setting.name) }
            var spec = RunSpec()
            try setting.set(json, in: &spec)
            values[setting.name] = setting.read(spec)
        }
    }

    /// What is said of one setting, in this version's spelling or an earlier one's; nil for nothing.
    public subscript(name: String) -> JSONValue? {
        get { values[KeySpelling.setting(name)] }
        set { values[KeySpelling.setting(name)] = newValue }
    }

    /// With what is said elsewhere of other settings.
    package func joined(with other: GivenSettings) -> GivenSettings {
        var sum = self
        sum.values.merge(other.values) { $1 }
        return sum
    }

    /// With what is said later, which counts more: what contradicts it is forgotten.
    public func overridden(by later: GivenSettings) -> GivenSettings {
        var sum = self
        let pairs = [
            ("experiment", "partition"), ("epochs", "steps"),
            ("no_client_evaluation", "client_evaluation_fraction"),
        ]
        for (one, other) in pairs {
            if later[one] != nil { sum[other] = nil }
            if later[other] != nil { sum[one] = nil }
        }
        sum.values.merge(later.values) { _, new in new }
        return sum
    }
}

extension RunSpec {
    /// The spec that these settings make, all others at their defaults.
    ///
    /// Some defaults depend on what is said: FedSGD has one step over all samples, and a partition that
    /// a file says has as many clients as it names.
    /// - Throws: `SettingsError` where two say the same thing. What runs can have, `validated` says.
    public init(_ given: GivenSettings) throws(SettingsError) {
        self.init()
        for setting in Self.settings {
            guard let json = given[setting.name] else { continue }
            try setting.set(json, in: &self)
        }
        for (one, other) in [("experiment", "partition"), ("epochs", "steps")]
        where given[one] != nil && given[other] != nil {
            throw .exclusive("--\(one)", "--\(other)")
        }
        if strategy == .fedsgd {
            guard epochs == 1 || given["epochs"] == nil, (steps ?? 1) == 1,
                batchSize == .all || given["batch_size"] == nil
            else { throw .oneStep }
            epochs = 1
            batchSize = .all
        }
        if steps != nil { epochs = nil }
        if given["clients"] == nil, let partition, partition.goesByOwners { clients = 0 }
        if given["clients"] == nil, let partition, case .csv = partition {
            // A file that cannot be read is not complained of before its images are needed; and what it
            // does not say, no cohort can contradict.
            clients =
                (try? partition.namedClientCount())
                ?? max(clients, cohort?.count ?? 0, minimumClients ?? 0)
        }
    }

    /// What was to be said for this spec, its defaults included: read back, it is the same.
    public var given: GivenSettings {
        var given = GivenSettings()
        for setting in Self.settings where setting.needs.clients != .noted {
            let value = setting.read(self)
            if value != .null { given[setting.name] = value }
        }
        if partition != nil { given["experiment"] = nil }
        if steps != nil { given["epochs"] = nil }
        if dataset.isEmpty { given["dataset"] = nil }
        return given
    }

    /// The options that are typed for this spec, like `--learning-rate=0.1` and `--fixed-shards`.
    public var arguments: [String] {
        let given = given
        return Self.settings.compactMap { setting in
            guard let value = given[setting.name] else { return nil }
            guard case .bool(let isSet) = value else { return "\(setting.option)=\(value.typed)" }
            return isSet ? setting.option : nil
        }
    }
}

extension Setting {
    /// Gives a spec the value of that JSON.
    package func set(_ json: JSONValue, in spec: inout RunSpec) throws(SettingsError) {
        do throws(ValueProblem) {
            try write(json, &spec)
        } catch {
            switch error {
            case .kind: throw .kind(name, expected: expected, found: json)
            case .meaning(let error): throw error
            }
        }
    }

    /// The JSON of a word that is typed for it.
    /// - Throws: `SettingsError.word`; `SettingsError.model` where a file holds none.
    public func json(word: String) throws(SettingsError) -> JSONValue {
        guard let json = try parse(word) else {
            throw .word(
                word, option: option, valueName: valueName, expected: expected(insteadOf: word))
        }
        return json
    }

    /// The JSON of a word; nil where it has none.
    func meaning(of word: String) -> JSONValue? { try? parse(word) }

    /// What JSON its value is: "a whole number of at least 1".
    var expected: String {
        switch kind {
        case .whole:
            meaning(of: "-1") == nil ? "a whole number of at least 0" : "a whole number"
        case .wholeOrAll: "a whole number or all"
        case .number: "a number"
        case .flag: "true or false"
        case .choice(let names): Self.oneOf(names)
        case .choiceOrFile(let names): names.joined(separator: ", ") + " or the path of a file"
        case .text: "a text"
        }
    }

    /// What a word should be in place of one that means nothing.
    package func expected(insteadOf word: String) -> String {
        switch kind {
        case .whole, .wholeOrAll:
            ValueWords.whole(
                isSigned: meaning(of: "-1") != nil, allowsAll: kind == .wholeOrAll, insteadOf: word)
        case .number: "a number"
        case .choice(let names):
            Self.oneOf(names) + Suggestion.question(Suggestion.near(word, among: names))
        case .choiceOrFile(let names):
            expected + Suggestion.question(Suggestion.near(word, among: names))
        case .flag, .text: expected
        }
    }

    private static func oneOf(_ names: [String]) -> String {
        names.dropLast().joined(separator: ", ") + " or \(names.last ?? "")"
    }
}

/// What a whole number is, for people who typed something else.
package enum ValueWords {
    /// "a whole number, like 1000".
    package static func whole(
        isSigned: Bool, allowsAll: Bool, insteadOf found: String
    ) -> String {
        var words = isSigned ? "a whole number" : "a whole number of at least 0"
        if allowsAll { words += " or all" }
        if let sign = found.first, found.drop(while: { $0 == "-" }).allSatisfy(\.isNumber),
            sign != "-"
        {
            return words + " up to \(isSigned ? "\(Int.max)" : "\(UInt64.max)")"
        }
        // 1e3, 10.0 and 1,000 are whole, too, as people write them.
        let digits = found.filter { $0 != "," && $0 != "_" }
        if let value = Double(digits).flatMap({ Int(exactly: $0) }), value > 0 {
            words += ", like \(value)"
        }
        return words
    }
}
