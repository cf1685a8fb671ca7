import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("Wrong usage: one line on standard error, status 64", .holdsItsThread)
struct UsageTests {
    static let cases: [([String], String)] = [
        (["run", "--experiment", "0"], "there is no experiment 0: they are 1, 2, 3 and 4"),
        (["run", "--experiment", "5"], "there is no experiment 5: they are 1, 2, 3 and 4"),
        (["run", "--clients", "0"], "--clients must be at least 1, not 0"),
        (["run", "--clients=-3"], "--clients must be at least 1, not -3"),
        (["run", "--rounds", "0"], "--rounds must be at least 1, not 0"),
        (["run", "--epochs", "0"], "--epochs must be above 0 and at most 1e6, not 0"),
        (["run", "--batch-size", "0"], "--batch-size must be at least 1, not 0"),
        (["run", "--samples", "0"], "--samples must be at least 1, not 0"),
        (["run", "--samples", "9"], "experiment 1 needs samples to be at least 10, not 9"),
        (
            ["run", "--experiment", "3", "--samples", "1"],
            "experiment 3 needs samples to be at least 2, not 1"
        ),
        (["run", "--threads", "0"], "--threads must be at least 1, not 0"),
        (["run", "--threads", "5000"], "--threads is at most 1024, not 5000"),
        (["run", "--learning-rate", "0"], "--learning-rate must be above 0 and finite, not 0.0"),
        (["run", "--learning-rate", "nan"], "--learning-rate must be above 0 and finite, not nan"),
        (
            ["run", "--target-accuracy", "1.5"],
            "--target-accuracy must be above 0 and at most 1, not 1.5"
        ),
        (
            ["run", "--client-evaluation-fraction", "1.5"],
            "--client-evaluation-fraction must be above 0 and at most 1, not 1.5"
        ),
        (
            ["run", "--client-evaluation-fraction", "0.2", "--no-client-evaluation"],
            "--no-client-evaluation and --client-evaluation-fraction exclude each other"
        ),
        (
            ["run", "--evaluation-fraction", "0"],
            "--evaluation-fraction must be above 0 and at most 1, not 0.0"
        ),
        (["sweep", "--experiments", "1,7"], "there is no experiment 7: they are 1, 2, 3 and 4"),
        (["sweep", "--clients", "5,x"], "The value 'x' is invalid for '--clients <clients>'"),
        (["sweep", "--epochs", "1,0"], "--epochs must be above 0 and at most 1e6, not 0"),
        (["bench", "--repeats", "0"], "--repeats must be at least 1, not 0"),
        (
            ["bench", "published", "--rows", "S1,S99"],
            "--rows: there is no row “S99”: they are S1, S2, S3, S4, S5, S10"
        ),
        (["bench", "published", "--rounds", "0"], "--rounds must be at least 1, not 0"),
        (["run", "--flavour", "sweet"], "Unknown option '--flavour'"),
        (["run", "--clients", "many"], "The value 'many' is invalid for '--clients <clients>'"),
        (["train"], "there is no command “train”. Did you mean 'run'?"),
    ]

    @Test(arguments: cases)
    func usage(arguments: [String], sentence: String) throws {
        let command = try Command.run(arguments)
        #expect(command.status == 64)
        #expect(command.output == "")
        let lines = command.errors.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(command.errors.contains(sentence), "\(command.errors)")
    }

    @Test("Help and version are no errors")
    func help() throws {
        for arguments in [["--help"], ["run", "--help"], ["--version"], []] {
            let command = try Command.run(arguments)
            #expect(command.status == 0)
            #expect(command.errors == "")
            #expect(!command.output.isEmpty)
        }
    }
}

@Suite("What goes wrong outside: one line on standard error, status 1", .holdsItsThread)
struct FailureTests {
    @Test("A log folder that cannot be written is found out before training")
    func unwritableLogs() throws {
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "file")
            try Data("x".utf8).write(to: file)
            let command = try Command.run(
                ["run", "--log-dir", file.appending(path: "logs").path] + Command.tiny)
            #expect(command.status == 1)
            #expect(command.output == "")
            #expect(command.errors.split(separator: "\n").count == 1)
            #expect(
                command.errors
                    == "federated: logs cannot be written to the folder \(file.path)/logs: "
                    + "Not a directory\n")
        }
    }

    @Test("Data that is not there or broken")
    func brokenData() throws {
        try Command.inTemporaryFolder { folder in
            let logs = ["--log-dir", folder.appending(path: "logs").path]
            let missing = try Command.run(["run", "--dataset", folder.path + "/nothing"] + logs)
            #expect(missing.status == 1)
            #expect(
                missing.errors == "federated: there is no file or folder “\(folder.path)/nothing”\n"
            )
            let data = folder.appending(path: "data")
            try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
            for name in [
                "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                "t10k-labels-idx1-ubyte",
            ] { try Data([0, 0, 9, 9, 0, 0, 0, 1]).write(to: data.appending(path: name)) }
            let broken = try Command.run(["run", "--dataset", data.path] + logs)
            #expect(broken.status == 1)
            #expect(broken.errors.split(separator: "\n").count == 1)
            #expect(broken.errors.contains("train-images-idx3-ubyte"))
            let content = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "logs").path)
            #expect(content.isEmpty)
        }
    }

    @Test("A diverging run names client and round, and logs what there is")
    func divergence() throws {
        try Command.inTemporaryFolder { folder in
            let command = try Command.run(
                [
                    "run", "--learning-rate", "1e38", "--log-dir", folder.path, "--model",
                    "mcmahan-2nn", "--dataset", "digits", "--samples", "30", "--epochs", "2",
                    "--clients", "2", "--evaluation-fraction", "0.01",
                ])
            #expect(command.status == 1)
            #expect(command.errors.hasPrefix("federated: diverged: client 0 in round 1: "))
            #expect(command.errors.split(separator: "\n").count == 1)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(
                names.map { $0.split(separator: ".").last } == ["json", "safetensors", "sqlite"])
        }
    }
}

@Suite("Runs and sweeps as a user types them", .holdsItsThread)
struct RunTests {
    @Test("The same seed gives the same model file with 1, 2 and 7 threads; --json prints the log")
    func sameFile() throws {
        try Command.inTemporaryFolder { folder in
            var files: [Data] = []
            for threads in ["1", "2", "7"] {
                let command = try Command.run(
                    [
                        "run", "--experiment", "4", "--threads", threads, "--json", "--log-dir",
                        folder.path,
                    ] + Command.tiny)
                #expect(command.status == 0)
                let log = try #require(
                    JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
                #expect(log["client number"] as? Int == 3)
                #expect((log["server acc"] as? [Double])?.count == 2)
                let name = try #require(log["final_weight_file"] as? String)
                files.append(try Data(contentsOf: folder.appending(path: name)))
            }
            #expect(files.count == 3)
            #expect(files[1] == files[0])
            #expect(files[2] == files[0])
        }
    }

    @Test("--quiet prints the log's path, --write-log-path keeps it")
    func quiet() throws {
        try Command.inTemporaryFolder { folder in
            let note = folder.appending(path: "path")
            let command = try Command.run(
                ["run", "--quiet", "--log-dir", "logs", "--write-log-path", note.path]
                    + Command.tiny, in: folder)
            #expect(command.status == 0)
            let path = command.output.trimmingCharacters(in: .newlines)
            #expect(path.hasPrefix("logs/"))
            let written = try String(contentsOf: note, encoding: .utf8)
            #expect(written.hasSuffix(path))
            let log = try Data(contentsOf: URL(fileURLWithPath: written))
            let object = try #require(
                JSONSerialization.jsonObject(with: log) as? [String: Any])
            #expect((object["final weight"] as? [Any])?.count == 2)
        }
    }

    @Test("A sweep skips the rows it has, and mends a row that was cut off")
    func sweep() throws {
        try Command.inTemporaryFolder { folder in
            let arguments =
                [
                    "sweep", "--experiments", "2,4", "--clients", "2,3", "--seeds", "1,2",
                    "--epochs",
                    "1", "--output", "out/sweep.csv", "--log-dir", "logs",
                ] + [
                    "--dataset", "digits", "--model", "logistic-regression", "--samples", "30",
                    "--rounds", "2", "--evaluation-fraction", "0.02", "--target-accuracy", "0.99",
                ]
            let first = try Command.run(arguments, in: folder)
            #expect(first.status == 0, "\(first.errors)")
            let file = folder.appending(path: "out/sweep.csv")
            let whole = try String(contentsOf: file, encoding: .utf8)
            let rows = whole.split(separator: "\n")
            #expect(rows.count == 9)
            #expect(rows[0].hasPrefix("run,experiment,clients,rounds,samples,epochs,batch_size"))
            let columns = rows[0].split(separator: ",").count
            #expect(
                rows.allSatisfy {
                    $0.split(separator: ",", omittingEmptySubsequences: false).count == columns
                })

            let second = try Command.run(arguments, in: folder)
            #expect(second.output.contains("8 already in out/sweep.csv"))
            #expect(try String(contentsOf: file, encoding: .utf8) == whole)

            try Data((rows.dropLast().joined(separator: "\n") + "\n2,3,").utf8).write(to: file)
            let third = try Command.run(arguments, in: folder)
            #expect(third.output.contains("7 already in out/sweep.csv"))
            let mended = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            #expect(mended.count == 9)
            #expect(mended.dropLast() == rows.dropLast())
        }
    }

    @Test("Ctrl-C ends a run with status 130 and leaves nothing half-written")
    func interruption() throws {
        try Command.inTemporaryFolder { folder in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
                .deletingLastPathComponent().appending(path: "federated")
            process.arguments = [
                "run", "--dataset", "digits", "--rounds", "100000", "--model",
                "logistic-regression", "--clients", "2", "--samples", "30", "--log-dir",
                folder.path, "--evaluation-fraction", "0.02",
            ]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            // The first committed round's line tells that training is under way.
            var text = ""
            while !text.contains("1/100000") {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { break }
                text += String(decoding: data, as: UTF8.self)
            }
            kill(process.processIdentifier, SIGINT)
            let rest = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            #expect(String(decoding: rest, as: UTF8.self).contains("interrupted"))
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(
                names.map { $0.split(separator: ".").last } == ["json", "safetensors", "sqlite"])
        }
    }
}
