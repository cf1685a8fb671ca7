import Federation
import Foundation

/// The logs that a resumed run has left when it was interrupted: the whole run's makes way for them.
package struct EarlierLogs: Sendable {
    /// None.
    package static let none = EarlierLogs(files: [])

    private let files: [URL]

    private init(files: [URL]) {
        self.files = files
    }

    /// Those of a run that is resumed: the one that its store knows, and any that is named by its
    /// beginning. A log counts if settings, beginning and rounds are the run's, whatever it is called.
    package init(of resumed: ResumedRun?, in directory: LogDirectory) {
        guard let resumed else {
            files = []
            return
        }
        let header = resumed.run.header
        let stamp = LogDirectory.stamp(header.started)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.url.path)) ?? []
        let known = resumed.run.logFile.map { [URL(fileURLWithPath: $0)] } ?? []
        let likely = names.filter { Self.isNamed(stamp, $0) }.sorted()
            .map { directory.url.appending(path: $0) }
        let accuracies = resumed.rounds.map { $0.record.global?.accuracy }
        var seen = Set<String>()
        files = (known + likely).filter { file in
            guard !resumed.otherLogs.contains(file.path),
                seen.insert(file.standardizedFileURL.path).inserted,
                let log = try? RunLog(contentsOf: file)
            else { return false }
            return log.configuration == header.configuration
                && LogDirectory.stamp(log.started) == stamp && !log.serverAccuracies.isEmpty
                && accuracies.starts(with: log.serverAccuracies)
        }
    }

    /// Whether that is a log's name: STAMP.json, STAMP_2.json …
    private static func isNamed(_ stamp: String, _ name: String) -> Bool {
        guard name.hasPrefix(stamp), name.hasSuffix(".json") else { return false }
        let rest = name.dropFirst(stamp.count).dropLast(".json".count)
        return rest.isEmpty || rest.first == "_" && Int(rest.dropFirst()) != nil
    }

    /// The name under which the whole run's log is to be, for one of them lies there.
    package func base(in directory: LogDirectory) -> String? {
        let folder = directory.url.standardizedFileURL.path
        return files.first { $0.deletingLastPathComponent().standardizedFileURL.path == folder }?
            .deletingPathExtension().lastPathComponent
    }

    /// Removes all but the one that has been replaced, and the models beside them.
    package func remove(except kept: URL) {
        for file in files where file.standardizedFileURL.path != kept.standardizedFileURL.path {
            let model = file.deletingPathExtension().appendingPathExtension("safetensors")
            unlink(file.path)
            unlink(model.path)
        }
    }
}
