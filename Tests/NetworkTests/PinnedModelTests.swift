import Foundation
import PinnedModels
import TestSupport
import TestThreads
import Testing

/// Pins the bits of the models of small runs: a change here changes the runs of users.
@Suite("Known answers of runs", .holdsItsThread) struct PinnedModelTests {
    /// A pinned model, and options that must not change it.
    struct Run: CustomTestStringConvertible {
        var model: PinnedModel
        var options: [String]

        var testDescription: String {
            "\(model.name) \(options.joined(separator: " "))"
        }
    }

    static let runs: [Run] = PinnedModel.all.flatMap { model in
        var options = [["--threads", "2"]]
        if model.ways.contains(.threads) { options += [["--threads", "1"], ["--threads", "7"]] }
        if model.ways.contains(.http) { options.append(["--transport", "http"]) }
        if model.ways.contains(.json) { options.append(["--transport", "json"]) }
        return options.map { Run(model: model, options: $0) }
    }

    @Test(arguments: runs)
    func bits(of run: Run) throws {
        try Command.inTemporaryFolder { folder in
            let result = try result(of: run, in: folder)
            #expect(result == run.model.result, "\(run.model.options)")
        }
    }

    @Test("Killed and resumed again and again", arguments: PinnedModel.all(.killed))
    func killed(model: PinnedModel) throws {
        try Command.inTemporaryFolder { folder in
            try PinnedInputs.write(to: folder)
            var kills: [Int] = []
            var arguments = ["run", "--log-dir", "logs"] + model.options
            while let round = try live(arguments, to: 1 + 8 * kills.count, in: folder) {
                kills.append(round)
                arguments = ["run", "--log-dir", "logs", "--resume"]
            }
            let logs = folder.appending(path: "logs")
            let names = try FileManager.default.contentsOfDirectory(atPath: logs.path)
                .filter { $0.hasSuffix(".json") }
            #expect(names.count == 1)
            let result = try result(log: logs.appending(path: try #require(names.first)))
            #expect(result == model.result, "killed after \(kills)")
            #expect(!kills.isEmpty)
        }
    }

    @Test(
        "Writes the figures anew",
        .enabled(if: ProcessInfo.processInfo.environment["FEDERATED_PIN_MODELS"] != nil))
    func renew() throws {
        try PinnedModel.write(
            PinnedModel.all.map { model in
                try Command.inTemporaryFolder { folder in
                    try result(of: Run(model: model, options: ["--threads", "2"]), in: folder)
                }
            })
    }

    private func result(of run: Run, in folder: URL) throws -> PinnedModel.Result {
        try PinnedInputs.write(to: folder)
        let command = try Command.run(
            ["run", "--quiet", "--no-store", "--log-dir", "logs"] + run.model.options + run.options,
            in: folder, environment: CommonArithmetic.environment)
        let path = command.output.trimmingCharacters(in: .newlines)
        try #require(!path.isEmpty, "\(run.testDescription): \(command.errors)")
        let result = try result(log: folder.appending(path: path))
        #expect((command.status == 0) == (command.errors == ""), "\(command.errors)")
        #expect((command.status == 1) == (["failed", "diverged"].contains(result.outcome)))
        return result
    }

    private func result(log file: URL) throws -> PinnedModel.Result {
        let log = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let accuracies = try #require(log["server acc"] as? [Any])
        return PinnedModel.Result(
            model: try Data(
                contentsOf: file.deletingPathExtension().appendingPathExtension("safetensors")),
            rounds: accuracies.count, outcome: try #require(log["outcome"] as? String))
    }

    /// Runs, and kills the process once it tells of that round or a later one.
    /// - Returns: the round it told of; nil if the run came to its end.
    private func live(_ arguments: [String], to round: Int, in folder: URL) throws -> Int? {
        let process = Process()
        process.executableURL = Command.program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(
            CommonArithmetic.environment
        ) { $1 }
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        var text = ""
        while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
            // “  7/40”, and accuracies behind it.
            let last = text.split(separator: "\n").compactMap {
                $0.split(separator: " ").first?.split(separator: "/").first.flatMap { Int($0) }
            }.last
            guard let last, last >= round else { continue }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            return process.terminationReason == .uncaughtSignal ? last : nil
        }
        let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        // The one before may have been killed when all was done.
        let said = String(decoding: complaint, as: UTF8.self)
        #expect(
            process.terminationStatus == 0
                || said.hasPrefix("federated: there is nothing to resume"),
            "\(said)")
        return nil
    }
}

/// The files that options of pinned runs name.
enum PinnedInputs {
    /// Made once: noise takes longer to draw than many of these runs.
    private static let images = Result {
        try Command.inTemporaryFolder { folder in
            let images = URL(fileURLWithPath: try SmallImages.write(to: folder))
            return try FileManager.default.contentsOfDirectory(atPath: images.path)
                .map { ($0, try Data(contentsOf: images.appending(path: $0))) }
        }
    }

    static func write(to folder: URL) throws {
        let images = folder.appending(path: "images")
        try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
        for (name, data) in try Self.images.get() {
            try data.write(to: images.appending(path: name))
        }
        // Names whose order as numbers is not that as text, in no order, and images that nobody has.
        let lines = (0..<SmallImages.trainCount).reversed().filter { $0 % 7 > 0 }
            .map { "\([4, 30, 11, 104][$0 / 3 % 4]),\($0)\n" }
        try Data(("client,image\n" + lines.joined()).utf8).write(
            to: folder.appending(path: "owners.csv"))
    }
}
