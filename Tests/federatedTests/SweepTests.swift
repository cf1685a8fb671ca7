import ArgumentParser
import Commands
import Datasets
import Experiments
import Foundation
import TestSupport
import TestThreads
import Testing
import Training

@Suite("Sweeps: lists, grids, and what they are refused for", .holdsItsThread)
struct SweepGridTests {
    /// The combinations of a command line.
    private func combinations(_ arguments: String...) throws -> [SweepCombination] {
        try SweepGrid.reading(arguments).grid.combinations()
    }

    /// The sentence that `body` is refused with.
    private func refusal<Value>(_ body: () throws -> Value) -> String {
        do {
            _ = try body()
            return "nothing was refused"
        } catch let failure as CommandFailure {
            return failure.message
        } catch {
            return Federated.message(for: error)
        }
    }

    private func inFile<Result>(
        _ text: String, _ body: (String) throws -> Result
    ) throws -> Result {
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "grid.json")
            try Data(text.utf8).write(to: file)
            return try body(file.path)
        }
    }

    @Test("Every setting of run is an option of the sweep, by any spelling of its name")
    func everySetting() throws {
        for name in SweepTable.settings
        where name != "dataset" && !RunSpec.readingNames.contains(name) {
            let setting = try #require(SweepGrid.setting(spelled: name), "\(name)")
            for spelling in [setting.option, setting.name, "--" + setting.name] {
                #expect(SweepGrid.setting(spelled: spelling)?.name == name)
            }
        }
        for (old, new) in [
            ("experiments", "experiment"), ("batch-sizes", "batch_size"), ("seeds", "seed"),
            ("learning-rates", "learning_rate"), ("population", "clients"),
        ] { #expect(SweepGrid.setting(spelled: old)?.name == new) }
        for name in ["", "-", "help", "version", "flavour", "transport", "mu=1", "a b", "é"] {
            #expect(SweepGrid.setting(spelled: name) == nil, "\(name)")
        }
        for name in RunSpec.readingNames + ["dataset", "round_deadline", "insecure"] {
            #expect(SweepGrid.setting(spelled: name) == nil, "\(name)")
        }
    }

    @Test("Lists give all combinations, the seed fastest, each named by what differs")
    func lists() throws {
        let found = try combinations(
            "--seeds=1,2", "--cohort", "0.1, 2", "--rounds", "7", "--fixed-shards", "true,false",
            "--clients", "10")
        #expect(
            SweepCombination.words(found) == [
                "fixed shards, cohort 0.1, seed 1", "fixed shards, cohort 0.1, seed 2",
                "fixed shards, cohort 2, seed 1", "fixed shards, cohort 2, seed 2",
                "fixed shards off, cohort 0.1, seed 1", "fixed shards off, cohort 0.1, seed 2",
                "fixed shards off, cohort 2, seed 1", "fixed shards off, cohort 2, seed 2",
            ])
        let settings = found.map(\.spec)
        #expect(settings.map(\.seed) == [1, 2, 1, 2, 1, 2, 1, 2])
        #expect(settings.map(\.cohortSize) == [1, 1, 2, 2, 1, 1, 2, 2])
        #expect(
            settings.map(\.fixedShards) == [true, true, true, true, false, false, false, false])
        #expect(settings.allSatisfy { $0.rounds == 7 && $0.clients == 10 })
        #expect(try combinations().map(\.spec) == [RunSpec()])
    }

    @Test("A setting of one strategy is left out of another's combinations, if one has it")
    func owners() throws {
        let settings = try combinations(
            "--strategy", "fedavg,fedprox,fedadam", "--mu", "0.01,0.1", "--tau", "1"
        ).map(\.spec)
        let found = Set(settings.map { "\($0.strategy) \($0.mu ?? -1) \($0.tau ?? -1)" })
        #expect(
            found == [
                "fedavg -1.0 -1.0", "fedprox 0.01 -1.0", "fedprox 0.1 -1.0", "fedadam -1.0 1.0",
            ])
        #expect(
            refusal { try combinations("--strategy", "fedavg,fednova", "--mu", "0.1") }
                == "--mu belongs to fedprox: the strategy is fedavg")
    }

    @Test("A file of grids gives what the same lists give, and takes values with commas")
    func file() throws {
        let typed = try combinations(
            "--strategy", "fedprox", "--mu", "0.01,0.1", "--seed", "1,2", "--rounds=9"
        ).map(\.spec)
        for text in [
            #"{"strategy": "fedprox", "mu": [0.01, 1e-1], "seed": [1, 2], "rounds": 9}"#,
            #"[{"--strategy": ["fedprox"], "mu": 0.01, "seeds": [1, 2], "rounds": [9]},"#
                + #" {"strategy": "fedprox", "mu": 0.1, "seed": [1, 2], "rounds": 9}]"#,
        ] {
            let read = try inFile(text) { file in
                try SweepGrid.reading(file: file).flatMap { try $0.combinations() }
            }
            #expect(read.map(\.spec) == typed)
        }
        let grids = #"[{"strategy": "fedprox", "seed": [1, 2]}, {"strategy": "fedavg", "seed": 1}]"#
        let several = try inFile(grids) { file in
            try SweepGrid.reading(file: file).flatMap { try $0.combinations() }
        }
        #expect(
            SweepCombination.words(several) == [
                "strategy fedprox, seed 1", "strategy fedprox, seed 2", "strategy fedavg, seed 1",
            ])
        #expect(SweepCombination.words([several[0]]) == ["strategy fedprox, seed 1"])
        let text = #"{"partition": ["csv:a,b.csv", null], "no_client_evaluation": [true, false]}"#
        let read = try inFile(text) { file in
            try SweepGrid.reading(file: file).flatMap { try $0.combinations() }
        }
        let divided = read.map(\.spec)
        #expect(
            divided.map { $0.partition?.description } == ["csv:a,b.csv", "csv:a,b.csv", nil, nil])
        #expect(divided.map(\.noClientEvaluation) == [true, false, true, false])
    }

    @Test("What is typed is refused with the sentences of run")
    func refusedLists() {
        let cases: [([String], String)] = [
            (["--flavour", "sweet"], "Unknown option '--flavour'"),
            (["-x"], "Unknown option '-x'"),
            (["mnist"], "Unexpected argument 'mnist'"),
            (["--seed"], "Missing value for '--seed'"),
            (["--seed", "--rounds"], "Missing value for '--seed'"),
            (["--seed", "1,,2"], "--seed: a value is missing in the list “1,,2”"),
            (
                ["--seeds", "1,x"],
                "The value 'x' is invalid for '--seed <seed>': expected a whole number of at least 0"
            ),
            (
                ["--mu", "0.1,-1", "--strategy", "fedprox"],
                "--mu must be at least 0 and finite, not -1.0"
            ),
            (["--cohort", "2,9"], "--cohort is 9: there are 5 clients"),
            (["--fixed-shards=yes"], "--fixed-shards: “yes” is neither true nor false"),
            (
                ["--threads", "1,2"],
                "--threads is the same for all combinations: one value was expected, not the list "
                    + "“1,2”"
            ),
            (
                ["--dataset=mnist,digits"],
                "--dataset is the same for all combinations: one value was expected, not the list "
                    + "“mnist,digits”"
            ),
        ]
        for (arguments, sentence) in cases {
            let said = refusal {
                let (grid, shared) = try SweepGrid.reading(arguments)
                return (try grid.combinations(), try CommonOptions.parse(shared))
            }
            #expect(said == sentence)
        }
    }

    @Test("How data are read is the same for all combinations")
    func reading() throws {
        let (grid, shared) = try SweepGrid.reading([
            "--transpose", "--mu", "0.1,1", "--strategy=fedprox", "--test-fraction", "0.3",
            "--label=income", "--scaling", "standard",
        ])
        #expect(try grid.combinations().count == 2)
        let reading = try CommonOptions.parse(shared).data.reading()
        #expect(
            reading.options
                == DatasetOptions(transpose: true, labelColumn: "income", testFraction: 0.3))
        #expect(reading.scaling == .standard)
        let unset = try SweepGrid.reading(["--transpose", "--transpose=false"]).shared
        #expect(unset.isEmpty)
        #expect(
            refusal { try SweepGrid.reading(["--transpose", "true,false"]) }
                == "--transpose is the same for all combinations: one value was expected, not the list "
                + "“true,false”")
        #expect(throws: (any Error).self) {
            try CommonOptions.parse(SweepGrid.reading(["--test-fraction=1"]).shared)
        }
    }

    @Test("A file of grids is refused with its name, the key and what was expected")
    func refusedFiles() throws {
        let cases: [(String, String)] = [
            (#"{"mu": "#, " is no file of grids: byte 7 of the JSON: expected a value"),
            ("7", ": an object of settings was expected, not 7"),
            ("[]", " has no grid: its list is empty"),
            ("[{}, 1]", ", grid 2: an object of settings was expected, not 1"),
            (
                #"{"flavour": 1}"#,
                ": “flavour” is no setting of a run: federated settings lists them"
            ),
            (
                #"{"dataset": "mnist"}"#,
                ": “dataset” is the same for all combinations: give --dataset beside --grid"
            ),
            (#"{"seed": 1, "seeds": 2}"#, ": “seeds” is a setting that is there twice"),
            (#"{"seed": []}"#, ": “seed” is an empty list"),
            (
                #"{"seed": true}"#,
                ": “seed” has true: a number, a text or a list of these was expected"
            ),
            (
                #"{"seed": [[1]]}"#,
                ": “seed” has [1]: a number, a text or a list of these was expected"
            ),
            (#"{"fixed_shards": 1}"#, ": “fixed_shards” has 1: true or false was expected"),
            (#"[{"rounds": 0}]"#, ", grid 1: --rounds must be at least 1, not 0"),
            (#"{"strategy": "best"}"#, ": The value 'best' is invalid for '--strategy <strategy>'"),
            (
                #"{"rounds": 2}"#,
                ": “rounds” is given there and as --rounds, too: leave one of them out"
            ),
        ]
        for (text, sentence) in cases {
            try inFile(text) { file in
                let said = refusal {
                    let typed = try SweepGrid.reading(["--rounds", "3"])
                    return try SweepGrid.reading(file: file).flatMap { grid in
                        let whole =
                            sentence.hasSuffix("out") ? try grid.adding(typed.grid) : grid
                        return try whole.combinations()
                    }
                }
                #expect(said.hasPrefix("\(file)\(sentence)"), "\(said)")
            }
        }
        #expect(
            refusal { try SweepGrid.reading(file: "/nothing/grid.json") }
                == "/nothing/grid.json cannot be read: No such file or directory")
        #expect(
            refusal { try SweepGrid.reading(file: "/") } == "/ cannot be read: it is no file")
    }
}

@Suite("Sweeps: the table, and runs side by side", .holdsItsThread)
struct SweepRunTests {
    @Test("Small runs have a thread each, others all of them; no thread is idle")
    func sharing() {
        var small = RunSpec()
        small.rounds = 5
        var large = small
        large.rounds = 200
        func jobs(_ runs: [RunSpec], _ threads: Int) -> SweepJobs {
            SweepJobs(for: runs, trainingImages: 60_000, threads: threads)
        }
        #expect(jobs([small, small, small], 2) == SweepJobs(2, threads: 2))
        #expect(jobs([small, small, small], 8) == SweepJobs(3, threads: 8))
        #expect(jobs([small, large], 8) == SweepJobs(1, threads: 8))
        #expect(jobs([], 8) == SweepJobs(1, threads: 8))
        #expect((0..<3).map { SweepJobs(3, threads: 8).threads(ofWorker: $0) } == [3, 3, 2])
    }

    @Test("Runs side by side give the rows of runs one after the other, and skip what is there")
    func sideBySide() throws {
        try Command.inTemporaryFolder { folder in
            let grid = """
                [{"strategy": ["fedavg", "fedprox"], "mu": 0.1, "seed": [1, 2]},
                 {"partition": "iid", "cohort": 2, "evaluate_every": 2, "seed": 1}]
                """
            try Data(grid.utf8).write(to: folder.appending(path: "grid.json"))
            let common = [
                "sweep", "--grid", "grid.json", "--dataset", "digits", "--model",
                "logistic-regression", "--samples", "30", "--rounds", "3", "--clients", "4",
                "--epochs", "1", "--evaluation-fraction", "0.02", "--threads", "3", "--log-dir",
                "logs",
            ]
            var rows: [Set<[Substring]>] = []
            for jobs in ["1", "3"] {
                let file = "\(jobs).csv"
                let sweep = try Command.run(
                    common + ["--jobs", jobs, "--output", file], in: folder)
                #expect(sweep.status == 0, "\(sweep.errors)")
                #expect(sweep.output.contains(jobs == "1" ? "1 run at once" : "3 runs at once"))
                let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
                let lines = text.split(separator: "\n")
                #expect(lines.count == 6)
                // All but the run's name, seconds and log.
                let cells = lines.map {
                    $0.split(separator: ",", omittingEmptySubsequences: false)
                }
                rows.append(Set(cells.map { Array($0.dropFirst().dropLast(2)) }))
                #expect(Set(cells.map(\.count)).count == 1)
                // Every row has the default of what it was not told.
                let strategies = try #require(cells[0].firstIndex(of: "strategy"))
                #expect(cells.dropFirst().allSatisfy { !$0[strategies].isEmpty })
                // Beside it a row for each round of these runs.
                let rounds = try String(
                    contentsOf: folder.appending(path: "\(jobs)-rounds.csv"), encoding: .utf8
                ).split(separator: "\n").map { $0.prefix { $0 != "," } }
                #expect(rounds.count == 1 + 5 * 3)
                #expect(Set(rounds) == Set(cells.map(\.[0])))
                // What came of each value, at the end.
                #expect(sweep.output.contains(#/strategy +fedprox +2 +0/#))
                #expect(sweep.output.contains(" left\n"))
                let again = try Command.run(common + ["--output", file], in: folder)
                #expect(again.output.contains("5 combinations, 5 already in \(file)"))
                #expect(again.output.contains(#/strategy +fedprox +2 +0/#))
                #expect(
                    try String(contentsOf: folder.appending(path: file), encoding: .utf8) == text)
            }
            #expect(rows[0] == rows[1])
            // Rounds 2 and 3, the last, are tested.
            #expect(rows[0].contains { $0.last?.hasPrefix("nan ") == true })
            let models = try FileManager.default.contentsOfDirectory(
                at: folder.appending(path: "logs"), includingPropertiesForKeys: nil
            ).filter { $0.pathExtension == "safetensors" }
            #expect(models.count == 10)
            #expect(Set(try models.map { try Data(contentsOf: $0) }).count == 5)
        }
    }

    @Test("What is wrong is said before any run, with status 64 or 1")
    func refused() throws {
        try Command.inTemporaryFolder { folder in
            let cases: [([String], Int32, String)] = [
                (["--jobs", "0"], 64, "--jobs must be at least 1, not 0"),
                (["--jobs", "3", "--threads", "2"], 64, "--jobs is 3: there are 2 threads"),
                (
                    ["--grid", "none.json"], 1,
                    "none.json cannot be read: No such file or directory"
                ),
                (["--epochs", "1,0"], 64, "--epochs must be above 0 and at most 1e6, not 0.0"),
            ]
            for (arguments, status, sentence) in cases {
                let command = try Command.run(["sweep"] + arguments, in: folder)
                #expect(command.status == status)
                #expect(command.output == "")
                #expect(command.errors == "federated: \(sentence)\n")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
            // The second combination has a partition that is not there.
            let late = try Command.run(
                [
                    "sweep", "--partition", "iid,csv:none.csv", "--dataset", "digits", "--model",
                    "logistic-regression", "--output", "out.csv",
                ], in: folder)
            #expect(late.status != 0)
            #expect(late.errors.split(separator: "\n").count == 1)
            let text = try String(contentsOf: folder.appending(path: "out.csv"), encoding: .utf8)
            #expect(text == SweepTable.header + "\n")
        }
    }
}
