import Experiments
import Federation
import Foundation
import Platform

/// Draws pictures with the scripts of the folder `Scripts/plot`.
enum Picture {
    /// Writes a picture of runs to a file.
    /// - Parameter options: more of the script's options, as in ["--target", "0.99"].
    /// - Throws: `CommandFailure` where there is no script, no Python, or the script refuses.
    static func draw(
        _ runs: [(name: String, log: RunLog)], to file: String, options: [String] = []
    ) throws {
        try draw(
            runs.map { (name: $0.name, json: $0.log.encoded()) }, with: "plot.py",
            options: options, to: file)
    }

    /// Writes a picture of what JSON files hold, by the script of that name.
    /// - Throws: `CommandFailure` where there is no script, no Python, or the script refuses.
    static func draw(
        _ files: [(name: String, json: [UInt8])], with script: String, options: [String] = [],
        to file: String
    ) throws {
        let root = try projectFolder()
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "federated-\(UUID().uuidString)")
        if let reason = Folder.make(folder.path) {
            throw FileError(folder.path, .written, reason: reason)
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        let paths = try files.map { item in
            let path = folder.appending(path: "\(item.name).json").path
            try OutputFile.write(item.json, to: path)
            return path
        }
        // A picture is drawn aside, and then takes the way that all files take.
        let kind = URL(fileURLWithPath: file).pathExtension
        let drawn = folder.appending(path: "picture").appendingPathExtension(
            kind.isEmpty ? "png" : kind
        ).path
        let own = root.appending(path: ".venv/bin/python").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [FileManager.default.isExecutableFile(atPath: own) ? own : "python3"]
            + [root.appending(path: "Scripts/plot/\(script)").path] + options + ["-o", drawn, "-n"]
            + paths
        let complaints = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = complaints
        do {
            try process.run()
        } catch {
            throw CommandFailure(message: "no picture was drawn: \(sentence(for: error))")
        }
        let said = (try? complaints.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let last = String(decoding: said, as: UTF8.self)
                .split(whereSeparator: \.isNewline).last.map(String.init)
            let reason = last ?? "\(script) ended without a word"
            throw CommandFailure(
                message:
                    "no picture was drawn: \(reason.replacingOccurrences(of: drawn, with: file))")
        }
        try OutputFile.write(try InputFile.read(drawn), to: file)
    }

    /// The folder that has `Scripts/plot/plot.py`: here, or where this program was built.
    private static func projectFolder() throws -> URL {
        let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var candidates = [here]
        var folder = program
        for _ in 0..<5 {
            folder = folder.deletingLastPathComponent()
            candidates.append(folder)
        }
        let found = candidates.first {
            FileManager.default.fileExists(atPath: $0.appending(path: "Scripts/plot/plot.py").path)
        }
        guard let found else {
            throw CommandFailure(
                message:
                    "no picture was drawn: Scripts/plot/plot.py is neither in this folder nor in "
                    + "the one that federated was built in")
        }
        return found
    }
}
