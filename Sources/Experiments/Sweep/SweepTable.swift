import Federation
import Foundation
import Platform
import Synchronization

/// The CSV file of a sweep: a row for each finished run, found again when it is opened.
public final class SweepTable: Sendable {
    /// Settings that always stand in a row.
    private static let written = [
        "experiment", "clients", "rounds", "samples", "epochs", "batch_size", "learning_rate",
        "seed",
        "model", "dataset", "fixed_shards", "evaluation_fraction", "target_accuracy", "strategy",
    ]

    /// Settings whose columns have a place of their own; they stand in a row where they are not the
    /// default.
    private static let placed = [
        "partition", "cohort", "over_selection", "minimum_clients", "availability",
        "dropout_before",
        "dropout_after", "mu", "server_learning_rate", "server_momentum", "beta1", "beta2", "tau",
        "steps", "learning_rate_decay", "momentum", "weight_decay", "gradient_clip", "patience",
        "evaluate_every", "no_client_evaluation", "engine", "drop_diverging", "clip_update",
        "compress",
    ]

    /// Settings that have come since, whatever stands beside them elsewhere.
    private static let newest = ["client_evaluation_fraction"]

    /// The settings that tell runs apart, in the order of the columns: newer ones behind those that
    /// earlier versions had.
    package static let settings =
        written + placed
        + RunSpec.settings.filter {
            (SweepGrid.takes($0) || RunSpec.readingNames.contains($0.name))
                && !written.contains($0.name) && !placed.contains($0.name)
                && !newest.contains($0.name)
        }.map(\.name) + newest

    private static let rows = settings.compactMap(RunSpec.setting(named:))

    /// What the runs read, by fingerprints; the second is empty where no file divides the data.
    private static let inputs = ["data_fingerprint", "partition_fingerprint"]

    /// The settings and what they were applied to, then what came of them.
    package static let header = header(settings.count)

    /// The header of a version that had so many of the settings.
    private static func header(_ count: Int) -> String {
        (rows.prefix(count).map(\.name) + inputs + [
            "outcome", "rounds_run", "rounds_to_target", "final_accuracy", "best_accuracy",
            "accuracies", "seconds", "log",
        ]).joined(separator: ",")
    }

    /// What began the tables of versions whose rows told data by its name alone.
    package static let olderHeader = """
        experiment,clients,rounds,samples,epochs,batch_size,learning_rate,seed,model,dataset,\
        fixed_shards,evaluation_fraction,target_accuracy,strategy,partition,cohort,over_selection,\
        minimum_clients,availability,dropout_before,dropout_after,mu,server_learning_rate,\
        server_momentum,beta1,beta2,tau,steps,learning_rate_decay,momentum,weight_decay,\
        gradient_clip,patience,evaluate_every,no_client_evaluation,engine,outcome,rounds_run,\
        rounds_to_target,final_accuracy,best_accuracy,accuracies,seconds,log
        """

    /// Versions without the last of the settings, from the first whose rows tell data apart on: their
    /// rows get empty columns for what they had not.
    private static var earlier: [String: CSVFile.Older] {
        let first = written.count + placed.count - ["clip_update", "compress"].count
        var earlier: [String: CSVFile.Older] = [:]
        for count in first..<settings.count {
            let new = String(repeating: ",", count: settings.count - count)
            earlier[header(count)] = .renewed { row in
                let own = firstColumns(count, of: row)
                return own + new + row.dropFirst(own.count)
            }
        }
        return earlier
    }

    private let file: CSVFile
    private let keys: Mutex<Set<String>>

    /// Opens the file, or begins it.
    public init(_ url: URL) throws {
        let refusal =
            "is a sweep of an earlier version, whose rows do not tell data of one name apart: give "
            + "another file with --output"
        file = try CSVFile.open(
            url, header: Self.header, what: "sweep",
            older: Self.earlier.merging([Self.olderHeader: .refused(refusal)]) { $1 })
        keys = Mutex(Set(file.rows.map(Self.key(ofRow:))))
    }

    package func contains(_ settings: RunSpec, _ inputs: RunInputs) -> Bool {
        let key = Self.key(settings, inputs)
        return keys.withLock { $0.contains(key) }
    }

    /// Adds the row of a finished run in one write. A round that was not tested is “nan” in it.
    package func append(
        _ settings: RunSpec, _ inputs: RunInputs, log: RunLog, path: String
    ) throws {
        let accuracies = log.serverAccuracies
        let known = accuracies.compactMap(\.self)
        let toTarget = settings.targetAccuracy.flatMap { target in
            accuracies.firstIndex { ($0 ?? -1) >= target }
        }
        func cell(_ value: (some CustomStringConvertible)?, absent: String = "") -> String {
            value?.description ?? absent
        }
        var results = [Self.quoted(log.outcome), cell(accuracies.count)]
        results += [cell(toTarget.map { $0 + 1 }), cell(known.last), cell(known.max())]
        results.append(accuracies.map { cell($0, absent: "nan") }.joined(separator: " "))
        results += [Text.fixed(log.timings.totalSeconds, 3), Self.quoted(path)]
        let key = Self.key(settings, inputs)
        try file.append(key + "," + results.joined(separator: ","))
        _ = keys.withLock { $0.insert(key) }
    }

    /// The first columns of a row.
    package static func key(_ settings: RunSpec, _ inputs: RunInputs) -> String {
        "\(columns(settings, inputs)),\(inputs.dataText),\(inputs.partitionText ?? "")"
    }

    /// The columns of the settings.
    package static func key(_ settings: RunSpec) -> String { columns(settings, nil) }

    private static func columns(_ settings: RunSpec, _ inputs: RunInputs?) -> String {
        rows.map { setting in
            let value = setting.value(of: settings)
            // A partition takes the experiment's place.
            let isLeftOut =
                value == .null || setting.name == "experiment" && settings.partition != nil
                || value == setting.standard && !written.contains(setting.name)
            guard !isLeftOut else { return "" }
            // Another file of that name is another run's.
            if let print = inputs?.fingerprint(ofFileBehind: setting) {
                return quoted("\(value.typed)#\(print.prefix(16))")
            }
            return quoted(value.cell)
        }.joined(separator: ",")
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
