import Federation
import Foundation
import JSON
import Synchronization

/// The CSV file of a sweep: a row for each finished run, found again when it is opened.
package final class SweepTable: Sendable {
    /// Settings that always stand in a row.
    private static let written = [
        "experiment", "clients", "rounds", "samples", "epochs", "batchSize", "learningRate", "seed",
        "model", "dataset", "fixedShards", "evaluationFraction", "targetAccuracy", "strategy",
    ]

    /// Settings that stand in a row where they are not the default.
    private static let writtenIfGiven = [
        "partition", "cohort", "overSelection", "minimumClients", "availability", "dropoutBefore",
        "dropoutAfter", "mu", "serverLearningRate", "serverMomentum", "beta1", "beta2", "tau",
        "steps", "learningRateDecay", "momentum", "weightDecay", "gradientClip", "patience",
        "evaluateEvery", "noClientEvaluation", "engine", "dropDiverging", "clipUpdate", "compress",
    ]

    /// The settings that tell runs apart, by the names that a log has for them, in the order of the
    /// columns.
    package static let settings = written + writtenIfGiven

    /// What the runs read, by fingerprints; the second is empty where no file divides the data.
    private static let inputs = ["data_fingerprint", "partition_fingerprint"]

    /// The settings and what they were applied to, then what came of them.
    package static let header =
        (settings.map { SweepOption.dashed($0).replacing("-", with: "_") } + inputs + [
            "outcome", "rounds_run", "rounds_to_target", "final_accuracy", "best_accuracy",
            "accuracies", "seconds", "log",
        ]).joined(separator: ",")

    /// What began the tables of versions whose rows told data by its name alone.
    package static let olderHeader = """
        experiment,clients,rounds,samples,epochs,batch_size,learning_rate,seed,model,dataset,\
        fixed_shards,evaluation_fraction,target_accuracy,strategy,partition,cohort,over_selection,\
        minimum_clients,availability,dropout_before,dropout_after,mu,server_learning_rate,\
        server_momentum,beta1,beta2,tau,steps,learning_rate_decay,momentum,weight_decay,\
        gradient_clip,patience,evaluate_every,no_client_evaluation,engine,outcome,rounds_run,\
        rounds_to_target,final_accuracy,best_accuracy,accuracies,seconds,log
        """

    /// The last columns of settings, which tables of versions without them get as empty ones.
    private static let newest = ["clipUpdate", "compress"]

    private static func heading(without names: [String]) -> String {
        header.split(separator: ",").filter { column in
            !names.contains { SweepOption.dashed($0).replacing("-", with: "_") == column }
        }.joined(separator: ",")
    }

    /// A row of an earlier version, with empty columns for the settings that it had not.
    private static func renewed(_ row: String) -> String {
        let settings = firstColumns(settings.count - newest.count, of: row)
        return settings + String(repeating: ",", count: newest.count)
            + row.dropFirst(settings.count)
    }

    private let file: CSVFile
    private let keys: Mutex<Set<String>>

    /// Opens the file, or begins it.
    init(_ url: URL) throws {
        let refusal = CommandFailure(
            message: "is a sweep of an earlier version, whose rows do not tell data of one name "
                + "apart: give another file with --output")
        file = try CSVFile.open(
            url, header: Self.header, what: "sweep",
            older: [
                Self.olderHeader: .failure(refusal),
                Self.heading(without: Self.newest): .success(Self.renewed),
            ])
        keys = Mutex(Set(file.rows.map(Self.key(ofRow:))))
    }

    func contains(_ settings: ExperimentSettings, _ inputs: RunInputs) -> Bool {
        let key = Self.key(settings, inputs)
        return keys.withLock { $0.contains(key) }
    }

    /// Adds the row of a finished run in one write. A round that was not tested is “nan” in it.
    func append(
        _ settings: ExperimentSettings, _ inputs: RunInputs, log: RunLog, path: String
    ) throws {
        let accuracies = log.serverAccuracies
        let known = accuracies.compactMap(\.self)
        let toTarget = settings.targetAccuracy.flatMap { target in
            accuracies.firstIndex { ($0 ?? -1) >= target }
        }
        let results = [
            Self.quoted(log.outcome), "\(accuracies.count)", toTarget.map { "\($0 + 1)" } ?? "",
            known.last.map { "\($0)" } ?? "", known.max().map { "\($0)" } ?? "",
            accuracies.map { $0.map { "\($0)" } ?? "nan" }.joined(separator: " "),
            Text.fixed(log.timings.totalSeconds, 3), Self.quoted(path),
        ]
        let key = Self.key(settings, inputs)
        try file.append(key + "," + results.joined(separator: ","))
        _ = keys.withLock { $0.insert(key) }
    }

    /// The first columns of a row.
    static func key(_ settings: ExperimentSettings, _ inputs: RunInputs) -> String {
        "\(key(settings)),\(inputs.dataText),\(inputs.partitionText ?? "")"
    }

    /// The columns of the settings.
    package static func key(_ settings: ExperimentSettings) -> String {
        var members = members(of: settings)
        let unknown = Set(members.keys).subtracting(Self.settings)
        precondition(unknown.isEmpty, "settings without a column: \(unknown.sorted())")
        // A partition takes the experiment's place.
        if settings.partition != nil { members["experiment"] = nil }
        for name in writtenIfGiven where members[name] == defaults[name] { members[name] = nil }
        return Self.settings.map { name in
            switch members[name] {
            case nil, .null: ""
            case .bool(let value): "\(value)"
            case let value?: quoted(value.words)
            }
        }.joined(separator: ",")
    }

    private static let defaults = members(of: ExperimentSettings())

    private static func members(of settings: ExperimentSettings) -> [String: JSONValue] {
        guard let json = try? JSONValue(encoding: settings) else {
            preconditionFailure("settings hold something that JSON has not")
        }
        return json.members
    }

    private static func key(ofRow row: String) -> String {
        firstColumns(settings.count + inputs.count, of: row)
    }

    private static func firstColumns(_ count: Int, of row: String) -> String {
        var columns = 0
        var isQuoted = false
        let end = row.firstIndex { character in
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted { columns += 1 }
            return columns == count
        }
        return String(row[..<(end ?? row.endIndex)])
    }

    private static func quoted(_ text: String) -> String { CSVText.field(text) }
}
