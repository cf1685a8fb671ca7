import Commands
import Experiments
import Federation
import FederationServer
import FederationWire
import Foundation
import NetworkCommands
import NetworkExperiments
import NeuralNetworks
import Platform
import TestSupport
import TestThreads
import Testing
import Training

@Suite("One validation for every way in", .holdsItsThread)
struct SettingsValidationTests {
    /// What a run does with its settings before its first round.
    @discardableResult
    static func begin(_ settings: RunSpec, for execution: Execution) throws -> Bool {
        guard let settings = try? settings.validated(for: execution) else { return false }
        let rules = execution == .served ? settings.servedRules : settings.rules
        guard rules.problem == nil else { throw Unsound(what: "\(rules.problem!)") }
        let training = settings.training
        _ = training.optimizer(round: min(settings.rounds, 1000))
        for samples in [1, 599, 10_000_000, Int(Int32.max)] {
            _ = training.imageCount(samples: samples)
            _ = training.work(samples: min(samples, 1000), client: 0, round: 1).steps
        }
        let architecture = try NamedModel.logisticRegression.architecture(
            input: .image(height: 4, width: 4, channels: 1))
        let needs = RunNeeds(
            architecture, engine: settings.engine, loss: .softmaxCrossEntropy,
            strategy: settings.federatedStrategy, training: training,
            largestShard: settings.samples, testImages: 100, rules: rules, threads: 2,
            trains: execution != .served)
        try? needs.check(model: "any", available: AvailableMemory(bytes: 1 << 34))
        _ = Reproducibility(of: settings, for: execution)
        if execution == .memory { _ = SweepTable.key(settings) }
        _ = (settings.rows, settings.facts, settings.arguments)
        if rules.population <= 10_000 {
            var engine = RoundEngine(rules)
            _ = engine.handle(.begin)
            _ = engine.handle(.clientJoined(client: 1))
        }
        if execution == .served {
            // Clients must understand what they are told.
            let told = try RunSettings(
                settings, inputs: RunInputs(data: 7), architecture: architecture,
                run: try #require(RunIdentifier("r")),
                heartbeatSeconds: 1, pollSeconds: 20)
            let heard = try RunSettings(decoding: told.encoded())
            #expect(heard == told)
            let spec = try RunSpec(heard)
            guard spec.training == settings.training, spec.division == settings.division,
                spec.clients == settings.clients, spec.rounds == settings.rounds,
                spec.seed == settings.seed, spec.engine == settings.engine
            else { throw Unsound(what: "clients are told of another run: \(spec)") }
        }
        return true
    }

    struct Unsound: Error { let what: String }

    static let executions: [Execution] = [
        .memory, .loopback(.http), .loopback(.json), .ranks, .served,
    ]

    /// Where a process that is about to trap has noted which case it had begun.
    private static func note(of process: Int32) -> URL {
        FileManager.default.temporaryDirectory.appending(path: "settings-\(process)")
    }

    @Test("Random settings and random requests never trap")
    func random() async {
        let note = Self.note(of: getpid())
        let result = await #expect(processExitsWith: .success) {
            let note = SettingsValidationTests.note(of: getppid())
            var (taken, changed) = (0, 0)
            for seed in UInt64(1)...2000 {
                try? Data("\(seed)".utf8).write(to: note)
                var random = RandomSettings(seed: seed)
                let settings = random.settings()
                for execution in SettingsValidationTests.executions {
                    if try SettingsValidationTests.begin(settings, for: execution) { taken += 1 }
                }
                // As a store has them, and as a request changes them, again and again.
                var next = settings
                if let json = try? JSONEncoder().encode(settings),
                    let stored = try? JSONDecoder().decode(RunSpec.self, from: json)
                {
                    try SettingsValidationTests.begin(stored, for: .memory)
                    next = stored
                }
                for _ in 0..<3 {
                    guard let other = next.changed(to: random.request()) else { continue }
                    if try SettingsValidationTests.begin(other, for: .served) { changed += 1 }
                    next = other
                }
            }
            precondition(taken > 150 && changed > 150, "\(taken) and \(changed) of 2000 are few")
        }
        if result == nil {
            let seed = (try? String(contentsOf: note, encoding: .utf8)) ?? "none"
            Issue.record("the last seed that was begun is \(seed)")
        }
        try? FileManager.default.removeItem(at: note)
    }

    @Test("What fits 20 clients need not fit those that are asked for")
    func requests() throws {
        func refusal(
            _ request: RunRequest, _ change: (inout RunSpec) -> Void
        ) throws -> String? {
            var settings = RunSpec()
            settings.clients = 20
            change(&settings)
            let before = try settings.validated(for: .served)
            do {
                _ = try #require(before.changed(to: request)).validated(for: .served)
                return nil
            } catch let error as SettingsError {
                return error.description
            }
        }
        let five = RunRequest(clients: 5, experiment: 2, rounds: 2)
        #expect(
            try refusal(five) { $0.cohort = .count(10) } == "--cohort is 10: there are 5 clients")
        #expect(try refusal(five) { $0.cohort = .fraction(0.5) } == nil)
        #expect(
            try refusal(five) { $0.minimumClients = 8 }
                == "--minimum-clients is 8: a round has 5 clients")
        #expect(
            try refusal(five) {
                $0.cohort = .fraction(0.4)
                $0.minimumClients = 3
            } == "--minimum-clients is 3: a round has 2 clients")
        #expect(
            try refusal(RunRequest(clients: 5, experiment: 1, rounds: 2)) {
                $0.experiment = .skewed
                $0.samples = 9
            } == "experiment 1 needs samples to be at least 10, not 9")
        // A partition gives way to the experiment that is asked for.
        #expect(try refusal(five) { $0.partition = .iid } == nil)
    }

    static let bounds: [([String], String)] = [
        (
            ["--steps", "9000000000000000000"],
            "--steps must be at most 2147483647, not 9000000000000000000"
        ),
        (["--clients", "2147483648"], "--clients must be at most 2147483647, not 2147483648"),
        (["--clients", "4294967297"], "--clients must be at most 2147483647, not 4294967297"),
        (["--rounds", "2147483648"], "--rounds must be at most 2147483647, not 2147483648"),
        (["--samples", "99999999999"], "--samples must be at most 2147483647, not 99999999999"),
        (
            ["--samples", "10000001"],
            "experiment 1 allows samples to be at most 10000000, not 10000001"
        ),
        (
            ["--batch-size", "2147483648"],
            "--batch-size must be at most 2147483647, not 2147483648"
        ),
        (["--patience", "2147483648"], "--patience must be at most 2147483647, not 2147483648"),
        (
            ["--evaluate-every", "2147483648"],
            "--evaluate-every must be at most 2147483647, not 2147483648"
        ),
        (["--cohort", "2147483648"], "--cohort must be at most 2147483647, not 2147483648"),
        (["--cohort", "1e300"], "--cohort must be a number, or a fraction to 1.0, not 1e+300"),
        (
            ["--minimum-clients", "2147483648"],
            "--minimum-clients must be at most 2147483647, not 2147483648"
        ),
        (["--threads", "100000000"], "--threads is at most 1024, not 100000000"),
        (["--epochs", "1e300"], "--epochs must be above 0 and at most 1e6, not 1e+300"),
    ]

    @Test("What 32 bits cannot number is refused in a sentence", arguments: bounds)
    func beyondBounds(options: [String], sentence: String) {
        for command in ["run", "serve"] {
            let error = #expect(throws: (any Error).self) {
                try CommandWords.parse([command] + options, of: FederatedWithNetwork.self)
            }
            #expect(error.map { FederatedWithNetwork.message(for: $0) } == sentence)
        }
    }

    @Test("A loopback of millions of connections is refused")
    func loopback() {
        let error = #expect(throws: (any Error).self) {
            try CommandWords.parse(
                ["run", "--clients", "8193", "--transport", "http"], of: FederatedWithNetwork.self)
        }
        #expect(
            error.map { FederatedWithNetwork.message(for: $0) }
                == "--transport http connects each client for itself, 8192 at most: there are 8193")
    }

    @Test("What only memory or arithmetic can tell ends in one sentence, before any training")
    func processes() throws {
        try Command.inTemporaryFolder { folder in
            let data = [
                "--dataset", try SmallImages.write(to: folder), "--model", "logistic-regression",
                "--no-store",
            ]
            for (options, beginning) in [
                (
                    ["--clients", "2000000000"],
                    "a round of 2000000000 clients takes at least 800 GB of memory, and "
                ),
                (
                    [
                        "--clients", "1000000", "--epochs", "1000000", "--samples", "10000000",
                        "--cohort", "1000",
                    ], "a round would train on 9999999"
                ),
            ] {
                let run = try Command.run(["run"] + options + data, in: folder)
                #expect(run.status == 1)
                #expect(run.output == "")
                #expect(run.errors.hasPrefix("federated: \(beginning)"), "\(run.errors)")
                #expect(run.errors.split(separator: "\n").count == 1)
            }
        }
    }
}

extension RandomSettings {
    /// What the route of `initialize` lets through.
    fileprivate mutating func request() -> RunRequest {
        RunRequest(
            clients: chance(3) ? random.next(in: 1...100_000) : random.next(in: 1...30),
            experiment: random.next(in: 1...4),
            rounds: chance(8) ? 1_000_000 : random.next(in: 1...20))
    }
}
