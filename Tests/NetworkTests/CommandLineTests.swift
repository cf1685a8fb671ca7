import Commands
import Datasets
import Experiments
import Foundation
import NetworkCommands
import TestSupport
import TestThreads
import Testing

@Suite("What a mistyped command line is told", .holdsItsThread)
struct CommandLineTests {
    /// What `FEDERATED_SIMD` may be on this architecture.
    #if arch(x86_64)
        private static let levels = ["baseline", "avx2", "avx512"]
        private static let longNames = ["AVX-512"]
    #elseif arch(arm64)
        private static let levels = ["baseline", "neon"]
        private static let longNames: [String] = []
    #else
        private static let levels = ["baseline"]
        private static let longNames: [String] = []
    #endif

    /// The sentence that the command would print.
    private func sentence(_ arguments: [String]) -> String? {
        do {
            _ = try CommandWords.parse(arguments, of: FederatedWithNetwork.self)
            return nil
        } catch let failure as CommandFailure {
            return failure.message
        } catch {
            return ParserSentence.improved(
                FederatedWithNetwork.message(for: error), arguments: arguments,
                root: FederatedWithNetwork.self)
        }
    }

    @Test(
        "The option that is meant, and none where none is near",
        arguments: [
            ("--lr", "--learning-rate"), ("--learningRate", "--learning-rate"),
            ("--learning_rate", "--learning-rate"), ("--learning-rat", "--learning-rate"),
            ("--rate", "--learning-rate"), ("--eta", "--learning-rate"),
            ("--lrd", "--learning-rate-decay"), ("--epoch", "--epochs"), ("--epocs", "--epochs"),
            ("--local-epochs", "--epochs"), ("--batchsize", "--batch-size"),
            ("--batch", "--batch-size"), ("--bs", "--batch-size"), ("--num-clients", "--clients"),
            ("--n_clients", "--clients"), ("--client", "--clients"), ("--round", "--rounds"),
            ("--num-rounds", "--rounds"), ("--sed", "--seed"), ("--random-seed", "--seed"),
            ("--momentun", "--momentum"), ("--weightdecay", "--weight-decay"),
            ("--wd", "--weight-decay"), ("--algorithm", "--strategy"), ("--strat", "--strategy"),
            ("--thread", "--threads"), ("--workers", "--threads"), ("--partitions", "--partition"),
            ("--experimnet", "--experiment"), ("--datset", "--dataset"),
            ("--gpu", ""), ("--cuda", ""), ("--flavour", ""), ("--x", ""), ("--verbose", ""),
        ])
    func options(typed: String, meant: String) {
        let expected =
            "Unknown option '\(typed)'" + (meant.isEmpty ? "" : ". Did you mean '\(meant)'?")
        #expect(sentence(["run", typed, "1"]) == expected)
        #expect(sentence(["run", "\(typed)=1"]) == expected)
    }

    @Test(
        "The command that is meant, and the list of all",
        arguments: [
            ("rnu", "run"), ("Run", "run"), ("srve", "serve"), ("server", "serve"),
            ("jion", "join"), ("client", "join"), ("train", "run"), ("sweeps", "sweep"),
            ("reprodcue", "reproduce"), ("flowernode", "flower-node"), ("benchmark", "bench"),
            ("frobnicate", ""), ("x", ""),
        ])
    func commands(typed: String, meant: String) throws {
        let found = try #require(sentence([typed, "--rounds", "1"]))
        let question = meant.isEmpty ? ": they are " : ". Did you mean '\(meant)'? They are "
        #expect(found.hasPrefix("there is no command “\(typed)”\(question)run, serve, join, "))
        #expect(found.contains("partition, data"))
    }

    @Test("Negative numbers are values, with and without a sign of equality")
    func negativeNumbers() {
        for (options, expected) in [
            (["--clients", "-3"], "--clients must be at least 1, not -3"),
            (["--population", "-3"], "--clients must be at least 1, not -3"),
            (["--rounds", "-1"], "--rounds must be at least 1, not -1"),
            (["--samples", "-600"], "--samples must be at least 1, not -600"),
            (["--epochs", "-0.5"], "--epochs must be above 0 and at most 1e6, not -0.5"),
            (["--steps", "-1"], "--steps must be at least 1, not -1"),
            (["--batch-size", "-8"], "--batch-size must be at least 1, not -8"),
            (
                ["--learning-rate", "-1e-3"],
                "--learning-rate must be above 0 and finite, not -0.001"
            ),
            (["--momentum", "-.5"], "--momentum must be at least 0 and below 1, not -0.5"),
            (["--cohort", "-1"], "--cohort must be at least 1, not -1"),
            (["--threads", "-2"], "--threads must be at least 1, not -2"),
            (
                ["--target-accuracy", "-inf"],
                "--target-accuracy must be above 0 and at most 1, not -inf"
            ),
            (["--over-selection", "-1"], "--over-selection must be 1 to 100, not -1.0"),
        ] {
            #expect(sentence(["run"] + options) == expected)
            #expect(sentence(["run", options.joined(separator: "=")]) == expected)
        }
        #expect(sentence(["serve", "--port", "-1"]) == "--port must be 0 to 65535, not -1")
        #expect(
            sentence(["join", "http://127.0.0.1:1", "--id", "-1"])?.hasPrefix("--id must be from")
                == true)
        // A flag has no value to join, and what stands behind "--" is left alone.
        #expect(
            CommandWords.joiningNegativeNumbers(
                ["run", "--quiet", "-1", "--", "--seed", "-1"], of: FederatedWithNetwork.self)
                == ["run", "--quiet", "-1", "--", "--seed", "-1"])
    }

    @Test(
        "What a value should be",
        arguments: [
            ("--rounds", "1e3", "a whole number, like 1000"),
            ("--rounds", "10.0", "a whole number, like 10"),
            ("--rounds", "2.5", "a whole number"),
            ("--rounds", "many", "a whole number"),
            ("--samples", "1_000", "a whole number, like 1000"),
            ("--clients", "99999999999999999999", "a whole number up to 9223372036854775807"),
            ("--seed", "-1", "a whole number of at least 0"),
            (
                "--seed", "99999999999999999999",
                "a whole number of at least 0 up to 18446744073709551615"
            ),
            ("--epochs", "ten", "a number"), ("--learning-rate", "0,1", "a number"),
            ("--cohort", "some", "a number"), ("--batch-size", "most", "a whole number or all"),
            ("--batch-size", "1e2", "a whole number or all, like 100"),
        ])
    func values(option: String, value: String, expected: String) throws {
        let found = try #require(sentence(["run", option, value]))
        #expect(found.hasPrefix("The value '\(value)' is invalid for '\(option) <"))
        #expect(
            found.hasSuffix("'>': expected \(expected)")
                || found.hasSuffix(">': expected \(expected)"))
        // To a sweep that is a list.
        guard !value.contains(",") else { return }
        let grid = try #require(
            sentence(["sweep", option, value]) ?? sweepSentence([option, value]))
        #expect(grid.hasSuffix(">': expected \(expected)"), "\(grid)")
    }

    /// What `sweep` says once it reads its settings.
    private func sweepSentence(_ settings: [String]) -> String? {
        do {
            _ = try SweepGrid.reading(settings).grid.combinations()
            return nil
        } catch {
            return FederatedWithNetwork.message(for: error)
        }
    }

    @Test("A sweep is told the same")
    func sweeps() {
        for (typed, meant) in [("--lr", "--learning-rate"), ("--epoch", "--epochs")] {
            #expect(
                sweepSentence([typed, "1,2"])
                    == "Unknown option '\(typed)'. Did you mean '\(meant)'?")
        }
        #expect(sweepSentence(["--gpu", "1"]) == "Unknown option '--gpu'")
        #expect(sweepSentence(["--clients", "5,-3"]) == "--clients must be at least 1, not -3")
        #expect(sweepSentence(["--strategy", "FedAvg,SCAFFOLD"]) == nil)
    }

    @Test("Names are taken as the program prints them")
    func spellings() throws {
        func settings(_ options: [String]) throws -> RunSpec {
            try SimulationOptions.parse(options).settings(dataset: "")
        }
        for (typed, strategy) in [
            ("FedAvg", StrategyName.fedavg), ("FEDPROX", .fedprox), ("SCAFFOLD", .scaffold),
            ("FedAvgM", .fedavgm), ("fed-yogi", .fedyogi),
        ] {
            #expect(try settings(["--strategy", typed]).strategy == strategy)
        }
        for typed in ["mcmahan-cnn", "McMahan-CNN", "mcmahan_cnn", "mcmahanCNN"] {
            #expect(try settings(["--model", typed]).model == .mcmahanCNN)
        }
        #expect(try settings(["--engine", "Plain"]).engine == .plain)
        #expect(try settings(["--batch-size", "All"]).batchSize == .all)
        for (typed, partition) in [
            ("IID", Partition.iid), ("Dirichlet:0.5", .dirichlet(alpha: 0.5)),
            ("log_normal:1", .logNormal(sigma: 1)), ("Shards:2", .shards(perClient: 2, size: nil)),
        ] {
            #expect(try settings(["--partition", typed]).partition == partition)
        }
        // A file's name stays as it is.
        #expect(
            try settings(["--partition", "CSV:No/Such.csv"]).partition
                == .csv(file: "No/Such.csv"))
        for (typed, choice) in [
            ("MNIST", DatasetChoice.mnist), ("Mnist", .mnist), ("Digits", .digits),
            ("mnist/", .path("mnist/")),
        ] {
            #expect(DatasetChoice(argument: typed) == choice)
        }
    }

    @Test("As a process: a data set that there is not, bytes that are no text, an odd environment")
    func processes() throws {
        try Command.inTemporaryFolder { folder in
            let run = ["run", "--model", "logistic-regression", "--no-store"]
            let cases: [([String], [String: String], Int32, String)] = [
                (
                    ["--dataset", "cifar10"], [:], 1,
                    "there is no data set “cifar10”: they are mnist and digits, or the path of "
                        + "a file or a folder"
                ),
                (
                    [], ["FEDERATED_SIMD": "avx3"], 64,
                    "FEDERATED_SIMD is “avx3”: expected \(Self.levels.joined(separator: ", "))"
                ),
                (
                    ["--rounds", "1e3"], [:], 64,
                    "The value '1e3' is invalid for '--rounds <rounds>': "
                        + "expected a whole number, like 1000"
                ),
            ]
            for (options, environment, status, sentence) in cases {
                let command = try Command.run(run + options, in: folder, environment: environment)
                #expect(command.status == status)
                #expect(command.errors == "federated: \(sentence)\n")
            }
            let core = try Command.run(run, in: folder, environment: ["OPENBLAS_CORETYPE": "Foo"])
            #expect(core.status == 64)
            #expect(
                core.errors.contains(
                    "federated: OPENBLAS_CORETYPE is “Foo”, which OpenBLAS does not know"))
            // A shell makes the argument, for no text of Swift's can be it.
            let program = URL(fileURLWithPath: CommandLine.arguments[0])
                .deletingLastPathComponent().appending(path: "federated").path
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = [
                "-c", #""$0" run --no-store --dataset $'caf\xe9/images'"#, program,
            ]
            process.currentDirectoryURL = folder
            let errors = Pipe()
            process.standardError = errors
            try process.run()
            let text = try errors.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(process.terminationReason == .exit)
            #expect(process.terminationStatus == 64)
            #expect(
                String(decoding: text, as: UTF8.self)
                    == #"federated: argument 4, “caf\xE9/images”, is not UTF-8: give it as UTF-8, or a "#
                    + "path of other letters (a symbolic link will do)\n")
        }
    }

    @Test("Environment: what the program knows, or OpenBLAS has taken, is right")
    func environment() {
        func sentence(_ name: String, _ value: String, core: String = "Haswell") -> String? {
            do {
                try EnvironmentCheck.check([name: value], blasCore: core)
                return nil
            } catch {
                return error.description
            }
        }
        for level in Self.levels + Self.levels.map({ $0.uppercased() }) + Self.longNames + [""] {
            #expect(sentence("FEDERATED_SIMD", level) == nil)
        }
        for level in ["sse", "avx3", "2", "none"] {
            #expect(
                sentence("FEDERATED_SIMD", level)
                    == "FEDERATED_SIMD is “\(level)”: expected \(Self.levels.joined(separator: ", "))"
            )
        }
        for core in ["Haswell", "SKYLAKEX", "zen", "SapphireRapids", ""] {
            #expect(sentence("OPENBLAS_CORETYPE", core) == nil)
        }
        #expect(sentence("OPENBLAS_CORETYPE", "Later", core: "LATER") == nil)
        #expect(
            sentence("OPENBLAS_CORETYPE", "Foo")
                == "OPENBLAS_CORETYPE is “Foo”, which OpenBLAS does not know: it has taken Haswell; "
                + "others are Haswell, Zen and SkylakeX")
    }

    @Test("csv:FILE brings its number of clients, and contradicts another one")
    func naturalClients() throws {
        try Command.inTemporaryFolder { folder in
            let rows = (0..<70).map { "\($0),\($0 % 7)" }.joined(separator: "\r\n")
            let file = folder.appending(path: "who.csv")
            try Data("\u{FEFF}index,client\r\n\(rows)\r\n".utf8).write(to: file)
            func settings(_ options: [String]) throws -> RunSpec {
                try SimulationOptions.parse(["--partition", "csv:\(file.path)"] + options)
                    .settings(dataset: "")
            }
            #expect(try settings([]).clients == 7)
            #expect(try settings(["--cohort", "6"]).cohortSize == 6)
            #expect(try settings(["--clients", "7"]).clients == 7)
            #expect(throws: (any Error).self) { try settings(["--cohort", "8"]) }
            let run = try Command.run(
                [
                    "run", "--no-store", "--partition", "csv:who.csv", "--clients", "5",
                    "--dataset", try SmallImages.write(to: folder), "--model",
                    "logistic-regression",
                ], in: folder)
            #expect(run.status == 1)
            #expect(run.errors == "federated: who.csv names 7 clients, but 5 were asked for\n")
        }
    }
}
