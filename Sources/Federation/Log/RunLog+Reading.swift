import Foundation
import JSON
import Parameters
import Platform

extension RunLog {
    /// Reads a log's JSON. Keys may come in any order; unknown ones are left out. Those of earlier versions,
    /// like `clients class counts`, are read as what `KeySpelling` makes of them.
    ///
    /// The keys up to `final weight` must be there; the others, which other programs' logs lack,
    /// keep the values of a new log.
    ///
    /// Clients have the ids 0…K − 1 whatever the log counts from: `client_ids_from` tells, and where it
    /// is missing, a log with a `version` (an earlier one's of ours) counts from 1, and any other, or one
    /// with a client 0, from 0.
    /// - Throws: `RunLogError.malformed`, `.missingKey` or `.wrongValue`.
    public init(decoding bytes: [UInt8]) throws(RunLogError) {
        var reader = MemberReader()
        var weight: FinalWeight?
        var parts: [String: [ClientRound]?]?
        do throws(JSONError) {
            var scanner = JSONScanner(bytes)
            try scanner.object { (scanner, key) throws(JSONError) in
                if key == "final weight" {
                    weight = try scanner.finalWeight()
                } else if KeySpelling.snake(key) == "clients_rounds" {
                    parts = try scanner.clientRounds()
                } else {
                    reader.add(key, try scanner.value(depth: 1))
                }
            }
            try scanner.end()
        } catch {
            throw .malformed(error)
        }
        let first = try Self.firstClient(reader)
        self.init(
            clientNumber: try reader.required("client number", "a whole number") { $0.int },
            experiment: try reader.required("experiment", "a whole number") { $0.int },
            maxRound: try reader.required("max round", "a whole number") { $0.int })
        let seriesByClient = "lists of numbers by client, each once"
        clientAccuracies = try reader.required("clients acc", seriesByClient) {
            $0.byClient(from: first) { $0.optionalNumbers }
        }
        serverAccuracies = try reader.required("server acc", "a list of numbers") {
            $0.optionalNumbers
        }
        if reader["final_weight_file"] != nil {
            finalWeight = .file(
                try reader.required("final_weight_file", "a file's name") { $0.text })
        } else if let weight {
            finalWeight = weight
        } else {
            throw .missingKey("final weight")
        }
        try reader.optional("clients_loss", seriesByClient, &clientLosses) {
            $0.byClient(from: first) { $0.optionalNumbers }
        }
        try reader.optional("server_loss", "a list of numbers", &serverLosses) {
            $0.optionalNumbers
        }
        try reader.optional(
            "clients_samples", "lists of whole numbers by client, each once", &clientSamples
        ) {
            $0.byClient(from: first) { $0.integers }
        }
        try reader.optional(
            "clients_class_counts", "lists of lists of whole numbers by client, each once",
            &clientClassCounts
        ) { $0.byClient(from: first) { $0.list { $0.integers } } }
        try reader.optional("clients_update_norm", seriesByClient, &clientUpdateNorms) {
            $0.byClient(from: first) { $0.optionalNumbers }
        }
        try reader.optional("clients_update_cosine", seriesByClient, &clientUpdateCosines) {
            $0.byClient(from: first) { $0.optionalNumbers }
        }
        if let parts { series = ClientSeries(parts: try partsOnly(parts, from: first)) }
        try reader.optional("drops", "a list of clients that were dropped", &drops) {
            $0.list { ClientDrop($0) }
        }
        try reader.optional("round_metrics", "lists of numbers by name", &roundMetrics) {
            $0.spelled.byName { $0.optionalNumbers }
        }
        try readClasses(reader)
        try reader.optional("score", "accuracy or R²", &score) {
            $0.text.flatMap(Score.init(rawValue:))
        }
        try reader.optional("outcome", "a text", &outcome) {
            $0.text.map { Self.renumbered($0, clientsFrom: first) }
        }
        try reader.optional("configuration", "a value", &configuration) { $0.withSettingsSpelled }
        if reader["reproducible"] != nil {
            let holds = try reader.required("reproducible", "true or false") { $0.bool }
            var why = "it does not say why"
            if !holds { try reader.optional("why", "a text", &why) { $0.text } }
            reproducibility = Reproducibility(reasons: holds ? [] : [why])
        }
        try reader.optional("seed", "a whole number from 0", &seed) { $0.seed }
        try reader.optional("data", "a value", &data) { $0 }
        try reader.optional("data_fingerprint", "a text or null", &dataFingerprint) {
            $0.optionalText
        }
        try reader.optional("partition_fingerprint", "a text or null", &partitionFingerprint) {
            $0.optionalText
        }
        try reader.optional("initial_model_fingerprint", "a text", &initialModelFingerprint) {
            $0.optionalText
        }
        try reader.optional("server_rule_fingerprint", "a text", &serverRuleFingerprint) {
            $0.optionalText
        }
        try reader.optional("test_samples", "a whole number", &testSamples) {
            $0.int.map(Optional.some)
        }
        try reader.optional("client_test_samples", "a whole number", &clientTestSamples) {
            $0.int.map(Optional.some)
        }
        try reader.optional("model", "a value", &model) { $0 }
        try reader.optional("model_parameters", "a whole number", &modelParameters) { $0.int }
        try reader.optional("timings", "an object of seconds", &timings) { Timings($0) }
        try reader.optional("threads", "a whole number", &threads) { $0.int }
        try reader.optional("cpu", "a text", &cpu) { $0.text }
        try reader.optional("blas_core", "a text", &blasCore) { $0.text }
        try reader.optional("simd", "a text", &simd) { $0.text }
        try reader.optional("version", "a text", &version) { $0.text }
        try reader.optional("name", "a text", &name) { $0.text.map(Optional.some) }
        try reader.optional("tags", "a list of texts", &tags) { $0.list { $0.text } }
        try reader.optional("note", "a text", &note) { $0.text }
        try reader.optional("started", "a time like 2026-01-31T23:59:59Z", &started) {
            $0.text.flatMap { try? Date($0, strategy: .iso8601) }
        }
    }

    private mutating func readClasses(_ reader: MemberReader) throws(RunLogError) {
        try reader.optional("class_names", "a list of texts", &classNames) { $0.list { $0.text } }
        guard reader["class_accuracies"] != nil else { return }
        let accuracies = try reader.required("class_accuracies", "a list of numbers") {
            $0.optionalNumbers
        }
        classResults = LoggedClasses(accuracies: accuracies)
        let count = accuracies.count
        if reader["mistakes"] != nil {
            classResults?.mistakes = try reader.required(
                "mistakes",
                "at most \(Mistake.limit) samples with index, truth, guess, confidence "
                    + "and a PNG image or null"
            ) { json in
                json.list { Mistake($0) }
                    .flatMap { ClassResults.areSound($0, classes: count) ? $0 : nil }
            }
        }
        guard reader["confusion_matrix"] != nil else { return }
        classResults?.confusion = try reader.required(
            "confusion_matrix", "as many lists of as many whole numbers as there are classes"
        ) { json in
            json.list { $0.integers.flatMap { $0.count == count ? $0 : nil } }
                .flatMap { $0.count == count ? $0 : nil }
        }
    }

    /// Where it is said what the ids of clients count from.
    static let firstClientKey = "client_ids_from"

    /// The id of the first client, as the log counts.
    private static func firstClient(_ reader: MemberReader) throws(RunLogError) -> Int {
        if reader[firstClientKey] != nil {
            return try reader.required(firstClientKey, "0 or 1") { json in
                json.int.flatMap { (0...1).contains($0) ? $0 : nil }
            }
        }
        let hasZero = byClientKeys.contains {
            if case .object(let clients)? = reader[$0] { clients["0"] != nil } else { false }
        }
        return reader["version"] == nil || hasZero ? 0 : 1
    }

    private static let byClientKeys = [
        "clients acc", "clients_loss", "clients_samples", "clients_class_counts",
        "clients_update_norm", "clients_update_cosine",
    ]

    /// A sentence of ours, of clients who counted from `first`, with their ids as they are now.
    package static func renumbered(_ text: String, clientsFrom first: Int) -> String {
        guard first > 0 else { return text }
        return text.replacing(/\bclient ([1-9][0-9]{0,17})\b/) { match in
            "client \((Int(match.1) ?? first) - first)"
        }
    }

    /// Clients' rounds by their ids from 0, each client in the log once and each round one of the run's.
    private func partsOnly(
        _ read: [String: [ClientRound]?], from first: Int
    ) throws(RunLogError) -> [Int: [ClientRound]] {
        var parts: [Int: [ClientRound]] = [:]
        for (key, rounds) in read {
            let count = serverAccuracies.count
            guard let client = Int(key), client >= first, let rounds,
                rounds.last?.round ?? 0 <= count,
                parts.updateValue(rounds, forKey: client - first) == nil, series.clients.isEmpty
            else {
                throw .wrongValue(
                    key: "clients_rounds",
                    expected: "lists as long as their ascending \"rounds\" by client, each once, "
                        + "in place of the other lists by client")
            }
        }
        return parts
    }

    /// Reads a log from a file.
    /// - Throws: `RunLogError`.
    public init(contentsOf file: URL) throws(RunLogError) {
        let bytes: [UInt8]
        do {
            bytes = try InputFile.read(file.path)
        } catch {
            throw .cannotRead(path: file.path, reason: error.reason)
        }
        try self.init(decoding: bytes)
    }
}

extension JSONScanner {
    /// The value of `clients_rounds`, client by client; nil for one whose value is of another kind.
    fileprivate mutating func clientRounds() throws(JSONError) -> [String: [ClientRound]?] {
        var parts: [String: [ClientRound]?] = [:]
        try object { (scanner, client) throws(JSONError) in
            parts[client] = .some(try scanner.value(depth: 2).clientRounds)
        }
        return parts
    }

    /// null, or a list of nested lists of numbers, one per tensor.
    fileprivate mutating func finalWeight() throws(JSONError) -> RunLog.FinalWeight {
        skipSpace()
        if next == UInt8(ascii: "n") {
            _ = try value()
            return .none
        }
        var values: [Float] = []
        var shapes: [[Int]] = []
        try expect(UInt8(ascii: "["), "null or a list of tensors")
        if !take(UInt8(ascii: "]")) {
            repeat { shapes.append(try nestedFloats(into: &values)) } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"), "a comma or the end of the list")
        }
        return .nested(ParameterVector(values), shapes: shapes)
    }
}

/// Reads an object's members and says which is missing or wrong.
///
/// Members are known by their keys as this version spells them, and an error names them as the log has them.
private struct MemberReader {
    private var members: [String: (key: String, json: JSONValue)] = [:]

    /// Of two that are one in two spellings, this version's counts.
    mutating func add(_ key: String, _ json: JSONValue) {
        let spelled = RunLog.commonKeys.contains(key) ? key : KeySpelling.snake(key)
        if key == spelled || members[spelled] == nil { members[spelled] = (key, json) }
    }

    subscript(key: String) -> JSONValue? { members[key]?.json }

    func required<Value>(
        _ key: String, _ expected: String, _ read: (JSONValue) -> Value?
    ) throws(RunLogError) -> Value {
        guard let (found, json) = members[key] else { throw .missingKey(key) }
        guard let value = read(json) else { throw .wrongValue(key: found, expected: expected) }
        return value
    }

    func optional<Value>(
        _ key: String, _ expected: String, _ target: inout Value, _ read: (JSONValue) -> Value?
    ) throws(RunLogError) {
        guard self[key] != nil else { return }
        target = try required(key, expected, read)
    }
}

extension JSONValue {
    fileprivate var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    fileprivate var int: Int? { if case .integer(let value) = self { value } else { nil } }

    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }

    /// A text, or nil for null; nothing for another value.
    fileprivate var optionalText: String?? {
        switch self {
        case .string(let text): .some(text)
        case .null: .some(nil)
        default: .none
        }
    }

    fileprivate var seed: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        default: nil
        }
    }

    /// Every element read, or nil if one cannot be.
    fileprivate func list<Value>(_ read: (JSONValue) -> Value?) -> [Value]? {
        guard case .array(let elements) = self else { return nil }
        let values = elements.compactMap(read)
        return values.count == elements.count ? values : nil
    }

    fileprivate var integers: [Int]? { list { $0.int } }

    fileprivate var optionalNumbers: [Double?]? {
        list { element in
            element.double.map { $0.isNaN ? Double?.none : $0 }
        }
    }

    /// A client's rounds, ascending, from as many values in each list.
    fileprivate var clientRounds: [ClientRound]? {
        guard case .object(let members) = spelled, let rounds = members["rounds"]?.integers,
            let samples = members["samples"]?.integers, samples.count == rounds.count,
            rounds.first ?? 1 > 0, zip(rounds, rounds.dropFirst()).allSatisfy(<)
        else { return nil }
        func list<Value>(
            _ key: String, _ nothing: Value, _ read: (JSONValue) -> [Value]?
        ) -> [Value]? {
            guard let json = members[key] else {
                return Array(repeating: nothing, count: rounds.count)
            }
            guard let values = read(json), values.count == rounds.count else { return nil }
            return values
        }
        guard let accuracies = list("acc", nil, { $0.optionalNumbers }),
            let losses = list("loss", nil, { $0.optionalNumbers }),
            let counts = list("class_counts", [], { $0.list { $0.integers } }),
            let norms = list("update_norm", nil, { $0.optionalNumbers }),
            let cosines = list("update_cosine", nil, { $0.optionalNumbers })
        else { return nil }
        return rounds.indices.map { index in
            ClientRound(
                round: rounds[index], accuracy: accuracies[index], loss: losses[index],
                samples: samples[index], classCounts: counts[index], updateNorm: norms[index],
                updateCosine: cosines[index])
        }
    }

    /// Values by name.
    fileprivate func byName<Value>(_ read: (JSONValue) -> Value?) -> [String: Value]? {
        guard case .object(let members) = self else { return nil }
        var values: [String: Value] = [:]
        for (key, member) in members {
            guard let value = read(member) else { return nil }
            values[key] = value
        }
        return values
    }

    /// Values by client, whose ids count from `first`, by the ids from 0.
    fileprivate func byClient<Value>(
        from first: Int, _ read: (JSONValue) -> Value?
    ) -> [Int: Value]? {
        guard case .object(let members) = self else { return nil }
        var values: [Int: Value] = [:]
        for (key, member) in members {
            // "1" and "01" are one client: which of the two counts would be anyone's guess.
            guard let client = Int(key), client >= first, let value = read(member),
                values.updateValue(value, forKey: client - first) == nil
            else { return nil }
        }
        return values
    }
}

extension RunLog.Timings {
    fileprivate init?(_ json: JSONValue) {
        guard case .object(let members) = json.spelled,
            let rounds = members["round_seconds"]?.list({ $0.double }),
            let training = members["training_seconds"]?.double,
            let evaluation = members["evaluation_seconds"]?.double,
            let total = members["total_seconds"]?.double
        else { return nil }
        self.init(
            roundSeconds: rounds, trainingSeconds: training, evaluationSeconds: evaluation,
            totalSeconds: total)
        if let count = members["ranks"] {
            guard let count = count.int, let shares = members["idle_shares"]?.list({ $0.double })
            else { return nil }
            (ranks, idleShares) = (count, shares)
        }
    }
}
