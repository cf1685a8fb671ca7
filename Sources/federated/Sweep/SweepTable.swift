import Federation
import Foundation

/// The CSV file of a sweep: a row for each finished run, found again when it is opened.
///
/// One process at a time may hold it. A last row that was cut off is dropped when it is opened.
final class SweepTable {
    /// The settings that tell runs apart, then what came of them.
    static let header =
        "experiment,clients,rounds,samples,epochs,batch_size,learning_rate,seed,model,dataset,"
        + "fixed_shards,evaluation_fraction,target_accuracy,outcome,rounds_run,rounds_to_target,"
        + "final_accuracy,best_accuracy,accuracies,seconds,log"

    private let url: URL
    private let file: FileHandle
    private var keys: Set<String> = []

    /// Opens the file, or begins it.
    init(_ url: URL) throws {
        self.url = url
        let path = url.relativePath
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(message: "\(path) cannot be written: its folder cannot be made")
        }
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(
                message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandFailure(message: "\(path) is being written by another sweep")
        }
        let bytes = try file.readToEnd() ?? Data()
        let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let lines = String(decoding: bytes.prefix(whole), as: UTF8.self).split(separator: "\n")
        if let first = lines.first {
            guard first == Self.header else {
                throw CommandFailure(
                    message: "\(path) is no sweep of this version: its first line is “\(first)”")
            }
            try file.truncate(atOffset: UInt64(whole))
            keys = Set(lines.dropFirst().map(Self.key(ofRow:)))
        } else {
            guard bytes.isEmpty || Data(Self.header.utf8).starts(with: bytes) else {
                throw CommandFailure(message: "\(path) is no sweep: it holds something else")
            }
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data((Self.header + "\n").utf8))
        }
    }

    func contains(_ settings: ExperimentSettings) -> Bool {
        keys.contains(Self.key(settings))
    }

    /// Adds the row of a finished run in one write.
    func append(_ settings: ExperimentSettings, log: RunLog, path: String) throws {
        let accuracies = log.serverAccuracies.compactMap { $0 }
        let toTarget = settings.targetAccuracy.flatMap { target in
            accuracies.firstIndex { $0 >= target }.map { "\($0 + 1)" }
        }
        let results = [
            Self.quoted(log.outcome), "\(accuracies.count)", toTarget ?? "",
            accuracies.last.map { "\($0)" } ?? "", accuracies.max().map { "\($0)" } ?? "",
            accuracies.map { "\($0)" }.joined(separator: " "),
            Text.fixed(log.timings.totalSeconds, 3), Self.quoted(path),
        ]
        let key = Self.key(settings)
        try file.write(contentsOf: Data((key + "," + results.joined(separator: ",") + "\n").utf8))
        try file.synchronize()
        keys.insert(key)
    }

    /// The first columns of a row.
    private static func key(_ settings: ExperimentSettings) -> String {
        [
            "\(settings.experiment.rawValue)", "\(settings.clients)", "\(settings.rounds)",
            "\(settings.samples)", "\(Int(settings.epochs ?? 0))", "\(settings.batchSize)",
            "\(settings.learningRate)", "\(settings.seed)", settings.model.rawValue,
            quoted(settings.dataset), "\(settings.fixedShards)", "\(settings.evaluationFraction)",
            settings.targetAccuracy.map { "\($0)" } ?? "",
        ].joined(separator: ",")
    }

    private static let keyColumns = 13

    private static func key(ofRow row: Substring) -> String {
        var columns = 0
        var isQuoted = false
        let end = row.firstIndex { character in
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted { columns += 1 }
            return columns == keyColumns
        }
        return String(row[..<(end ?? row.endIndex)])
    }

    /// A field as RFC 4180 has it; line ends become spaces, so that a row stays a line.
    private static func quoted(_ text: String) -> String {
        let flat = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard flat.contains(where: { $0 == "," || $0 == "\"" }) else { return flat }
        return "\"" + flat.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
