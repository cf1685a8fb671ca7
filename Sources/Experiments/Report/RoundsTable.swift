import Federation
import JSON
import Privacy
import Training

/// A run's rounds as a table for data frames: a row for each client of each round and one for the server.
///
/// All runs have the same columns, so that tables concatenate: `run`, `round`, `kind` (`client` or
/// `server`) and `client`, then what came of it, then every setting by its name. What is measured has
/// names that no setting has: `test_loss` is a number, `loss` what was minimised.
public struct RoundsTable: Sendable {
    /// The names of the columns.
    public static let columns = [String](outcomes) + measures + ["more_metrics"] + settings

    private static let outcomes = [
        "run", "round", "kind", "client", "trained_samples", "accuracy", "r2", "test_loss",
        "seconds",
        "failure", "update_norm", "update_cosine", "class_counts",
    ]
    /// What this version's tests and parts measure of a round; of others' parts there is one column.
    private static let measures = [
        Metric.balancedAccuracy, Metric.topFiveAccuracy, Metric.areaUnderCurve,
        Metric.meanAbsoluteError, Metric.meanSquaredError, Metric.clientsMeanAccuracy,
        Metric.worstDecileAccuracy, ClipUpdate.clippedShare,
    ]
    private static let settings = RunSpec.settings.map(\.name)

    /// The values, in the order of the columns; null where there is none.
    public private(set) var rows: [[JSONValue]] = []

    /// The table of a run.
    /// - Parameter run: what it is called: in the store, or its log without folder and ending.
    public init(_ log: RunLog, run: String) {
        let settings = Self.settingValues(of: log)
        let noMeasures = [JSONValue](repeating: .null, count: Self.measures.count + 1)
        var parts: [Int: [(client: Int, part: ClientRound)]] = [:]
        for client in log.clientIDs {
            for part in log.rounds(of: client) {
                parts[part.round, default: []].append((client, part))
            }
        }
        let dropped = Dictionary(grouping: log.drops ?? [], by: \.round)
        for (index, score) in log.serverAccuracies.enumerated() {
            let round = index + 1
            var failures = Dictionary(grouping: dropped[round] ?? [], by: \.client)
                .compactMapValues(\.last?.reason)
            var clients: [(client: Int, part: ClientRound)] = []
            // A client that had no part in a round has no row of it.
            for (client, part) in parts[round] ?? []
            where part.samples > 0 || failures[client] != nil { clients.append((client, part)) }
            for client in failures.keys where !clients.contains(where: { $0.client == client }) {
                clients.append((client, ClientRound(round: round)))
            }
            for (client, part) in clients.sorted(by: { $0.client < $1.client }) {
                let failure = failures.removeValue(forKey: client)
                rows.append(
                    [.string(run), .integer(round), "client", .integer(client)]
                        + [part.samples > 0 ? .integer(part.samples) : .null]
                        + Self.scores(part.accuracy, log.score)
                        + [Self.number(part.loss), .null, failure.map(JSONValue.string) ?? .null]
                        + [Self.number(part.updateNorm), Self.number(part.updateCosine)]
                        + [
                            part.classCounts.isEmpty
                                ? .null : .array(part.classCounts.map(JSONValue.integer))
                        ] + noMeasures + settings)
            }
            let total = clients.reduce(0) { $0 + $1.part.samples }
            rows.append(
                [.string(run), .integer(round), "server", .null, .integer(total)]
                    + Self.scores(score, log.score)
                    + [Self.number(log.serverLosses, index)]
                    + [Self.number(log.timings.roundSeconds, index)]
                    + [.null, .null, .null, .null] + Self.measures(of: log, index) + settings)
        }
    }

    /// As CSV, with a heading: nothing for null, class counts with blanks between them.
    public var csv: String {
        ([Self.columns] + rows.map { $0.map(Self.cell) })
            .map { CSVText.row($0) + "\n" }.joined()
    }

    /// As lines of JSON, an object each with all columns in their order.
    public var jsonLines: String {
        rows.map { row in
            let members = zip(Self.columns, row).map { "\"\($0)\": \(Self.text($1))" }
            return "{" + members.joined(separator: ", ") + "}\n"
        }.joined()
    }

    // MARK: Values

    /// Accuracy and R², of which a run has one.
    private static func scores(_ value: Double?, _ score: RunLog.Score) -> [JSONValue] {
        score == .accuracy ? [number(value), .null] : [.null, number(value)]
    }

    private static func number(_ value: Double?) -> JSONValue {
        value.map { $0.isFinite ? .number($0) : .null } ?? .null
    }

    private static func number(_ values: [Double?], _ index: Int) -> JSONValue {
        number(index < values.count ? values[index] : nil)
    }

    private static func measures(of log: RunLog, _ index: Int) -> [JSONValue] {
        let more = log.roundMetrics.filter { !measures.contains($0.key) }
            .compactMapValues { index < $0.count ? $0[index] : nil }
        return measures.map { number(log.roundMetrics[$0] ?? [], index) }
            + [more.isEmpty ? .null : .object(more.mapValues(JSONValue.number))]
    }

    /// Every setting of a run, its defaults too; of a log that no run of this version has, what it says.
    private static func settingValues(of log: RunLog) -> [JSONValue] {
        let spec = RunSpec(logged: log)
        let said = log.configuration.members
        return RunSpec.settings.map { setting in
            let value = spec.map { $0.effective(setting) } ?? said[setting.name] ?? .null
            switch setting.name {
            case "experiment":
                return said["partition"] == nil ? .integer(log.experiment) : .null
            case "clients": return .integer(log.clientNumber)
            case "rounds": return .integer(log.maxRound)
            // A model from a file, whole, would be in every row.
            default: return ModelFile.words(of: value).map(JSONValue.string) ?? value
            }
        }
    }

    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .array(let elements): elements.map(\.typed).joined(separator: " ")
        case .object: text(value)
        default: value.typed
        }
    }

    /// JSON in one line.
    private static func text(_ value: JSONValue) -> String {
        String(decoding: value.encoded(), as: UTF8.self)
            .split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
