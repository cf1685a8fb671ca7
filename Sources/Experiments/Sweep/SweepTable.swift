import Federation
import Foundation
import Platform
import Synchronization

/// The CSV file of a sweep: a row for each finished run, with every setting, found again when it is opened.
///
/// Beside it, as `NAME-rounds.csv`, lies the same in long form: a row for each round of these runs.
public final class SweepTable: Sendable {
    /// Settings whose columns stand first.
    private static let first = [
        "experiment", "clients", "rounds", "samples", "epochs", "batch_size", "learning_rate",
        "seed", "model", "dataset", "fixed_shards", "evaluation_fraction", "target_accuracy",
        "strategy", "partition", "cohort", "over_selection", "minimum_clients", "availability",
        "dropout_before", "dropout_after", "mu", "server_learning_rate", "server_momentum", "beta1",
        "beta2", "tau", "steps", "learning_rate_decay", "momentum", "weight_decay",
        "gradient_clip", "patience", "evaluate_every", "no_client_evaluation", "engine",
        "drop_diverging", "clip_update", "compress",
    ]

    /// The settings that tell runs apart, in the order of the columns.
    package static let settings =
        first
        + RunSpec.settings.filter {
            (SweepGrid.takes($0) || RunSpec.readingNames.contains($0.name))
                && !first.contains($0.name)
        }.map(\.name)

    private static let rows = settings.compactMap(RunSpec.setting(named:))

    /// What the runs read, by fingerprints; the second is empty where no file divides the data.
    private static let inputs = ["data_fingerprint", "partition_fingerprint"]

    private static let outcomes = [
        "outcome", "rounds_run", "rounds_to_target", "score", "final_accuracy", "best_accuracy",
        "final_loss", "accuracies", "seconds", "log",
    ]

    /// The run, its settings and what they were applied to, then what came of it.
    package static let header = (["run"] + settings + inputs + outcomes).joined(separator: ",")

    /// What a row says came of a run.
    package struct Result: Hashable, Sendable {
        /// Accuracy or R² in the end; nil where nothing was tested.
        package var finalAccuracy: Double?
        /// How long it took.
        package var seconds: Double
    }

    private let file: CSVFile
    /// nil where the table goes to a pipe, beside which nothing can lie.
    private let rounds: SweepRounds?
    private let results: Mutex<[String: Result]>

    /// Opens the file and the one beside it, or begins them.
    /// - Throws: `TableError`; for a table of an earlier version, too, whose rows left defaults out and
    ///   would be taken for those of other runs.
    public init(_ url: URL) throws {
        do {
            file = try CSVFile.open(url, header: Self.header, what: "sweep")
        } catch TableError.unknownHeading(let path, let what, let found) {
            guard found.contains("final_accuracy") else {
                throw TableError.unknownHeading(path: path, of: what, found: found)
            }
            throw TableError.refused(
                path: path,
                clause:
                    "is a sweep of an earlier version, whose rows leave defaults out: give another "
                    + "file with --output")
        }
        let count = Self.settings.count + Self.inputs.count
        var results: [String: Result] = [:]
        var names = Set<String>()
        for row in file.rows {
            let cells = CSVText.cells(of: row)
            guard cells.count > count + 1 else { continue }
            names.insert(cells[0])
            let came = Dictionary(zip(Self.outcomes, cells.dropFirst(count + 1))) { $1 }
            results[Self.key(cells[1...count])] = Result(
                finalAccuracy: came["final_accuracy"].flatMap(Double.init),
                seconds: came["seconds"].flatMap(Double.init) ?? 0)
        }
        self.results = Mutex(results)
        rounds = file.isStream ? nil : try SweepRounds(beside: url, of: names)
    }

    package func result(_ settings: RunSpec, _ inputs: RunInputs) -> Result? {
        let key = Self.key(settings, inputs)
        return results.withLock { $0[key] }
    }

    /// Adds the row of a finished run in one write, those of its rounds before it. A round that was not
    /// tested is “nan” in it.
    /// - Parameters:
    ///   - name: what the run is called where it has no log.
    ///   - path: its log; empty where it has none.
    package func append(
        _ settings: RunSpec, _ inputs: RunInputs, log: RunLog, name: String, path: String
    ) throws {
        let accuracies = log.serverAccuracies
        let known = accuracies.compactMap(\.self)
        let toTarget = settings.targetAccuracy.flatMap { target in
            accuracies.firstIndex { ($0 ?? -1) >= target }
        }
        func cell(_ value: (some CustomStringConvertible)?, absent: String = "") -> String {
            value?.description ?? absent
        }
        let run =
            path.isEmpty
            ? name : URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        let columns = Self.columns(settings, inputs)
        try rounds?.append(log, run: run, settings: columns)
        let seconds = log.timings.totalSeconds
        var cells = [run] + columns + Self.columns(inputs) + [log.outcome, cell(accuracies.count)]
        cells += [cell(toTarget.map { $0 + 1 }), log.score == .r2 ? "r2" : "accuracy"]
        cells += [cell(known.last), cell(known.max())]
        cells.append(cell(log.serverLosses.compactMap(\.self).last))
        cells.append(accuracies.map { cell($0, absent: "nan") }.joined(separator: " "))
        cells += [Text.fixed(seconds, 3), path]
        try file.append(CSVText.row(cells))
        results.withLock {
            $0[Self.key(settings, inputs)] = Result(finalAccuracy: known.last, seconds: seconds)
        }
    }

    /// What tells a run's row from others.
    package static func key(_ settings: RunSpec, _ inputs: RunInputs) -> String {
        key((columns(settings, inputs) + columns(inputs))[...])
    }

    /// The columns of the settings.
    package static func key(_ settings: RunSpec) -> String { key(columns(settings, nil)[...]) }

    /// As the cells are read back.
    private static func key(_ cells: ArraySlice<String>) -> String {
        CSVText.row(CSVText.cells(of: CSVText.row(Array(cells))))
    }

    private static func columns(_ inputs: RunInputs) -> [String] {
        [inputs.dataText, inputs.partitionText ?? ""]
    }

    private static func columns(_ settings: RunSpec, _ inputs: RunInputs?) -> [String] {
        rows.map { setting in
            let value = settings.effective(setting)
            // Another file of that name is another run's.
            if let print = inputs?.fingerprint(ofFileBehind: setting) {
                return "\(value.typed)#\(print.prefix(16))"
            }
            return value == .null ? "" : value.cell
        }
    }
}
