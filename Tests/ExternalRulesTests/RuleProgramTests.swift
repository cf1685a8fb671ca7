import ExternalRules
import Federation
import Foundation
import Parameters
import Synchronization
import TestThreads
import Testing

/// Server rules in files, run as real programs.
@Suite("Server rules that are programs of their own", .holdsItsThread)
struct RuleProgramTests {
    static let layout = ParameterLayout([("dense/kernel", [3, 2]), ("dense/bias", [2])])

    /// What programs here have in common: they read a round, and write any tensors.
    private static let library = """
        import json, struct, sys, time
        def tensors(path):
            data = open(path, "rb").read()
            size, = struct.unpack("<Q", data[:8])
            header = json.loads(data[8:8 + size])
            about = header.pop("__metadata__")
            found = {}
            for name, entry in header.items():
                start, end = (8 + size + at for at in entry["data_offsets"])
                kind = {"F32": "f", "I64": "q"}[entry["dtype"]]
                found[name] = struct.unpack("<%d%s" % ((end - start) // struct.calcsize(kind), kind), data[start:end])
            return about, found
        def write(path, **vectors):
            header, body = {}, b""
            for name, vector in vectors.items():
                part = struct.pack("<%df" % len(vector), *vector)
                header[name.replace("__", ".")] = {"dtype": "F32", "shape": [len(vector)],
                    "data_offsets": [len(body), len(body) + len(part)]}
                body += part
            text = json.dumps(header).encode()
            open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)
        def requests():
            print(json.dumps({"ready": True}), flush=True)
            for line in sys.stdin:
                yield json.loads(line)
        def done(request, **more):
            print(json.dumps({"done": request["round"], **more}), flush=True)

        """

    /// Hands a program's file to a test.
    @discardableResult
    private func withProgram<Value>(
        _ body: String, name: String = "rule.py", mode: Int = 0o600, seconds: Double = 20,
        said: @escaping @Sendable (String) -> Void = { _ in },
        _ use: (RuleProgram) throws -> Value
    ) throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "rules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: name)
        try (Self.library + body).write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        return try use(RuleProgram(file.path, seconds: seconds, tell: said))
    }

    private var updates: [ModelUpdate] {
        (0..<3).map { client in
            ModelUpdate(
                client: client * 2, round: 1, sampleCount: client + 1,
                parameters: ParameterVector((0..<8).map { Float($0 + client) / 3 }))
        }
    }

    private func next(
        _ program: RuleProgram, round: Int = 1, state: FederationState? = nil,
        _ strategy: Strategy = .fedAvg
    ) throws -> (state: FederationState, metrics: [String: Double]) {
        let strategy = strategy.ruled(by: program, layout: Self.layout)
        #expect(strategy.problem == nil)
        let state = state ?? FederationState(model: ParameterVector(zeros: 8))
        var fold = strategy.aggregator.makeFold(Self.layout)
        // The order in which they come is nobody's business.
        for update in updates.reversed() {
            let made = try strategy.contribution(
                of: update, after: state, work: LocalWork(steps: 1, learningRate: 0.1))
            try fold.add([made.contribution], threads: 1)
        }
        let context = RoundContext(round: round, population: 9, seed: 5, model: state.model)
        return try strategy.next(&fold, after: state, context, layout: Self.layout)
    }

    private static let averaging = """
        for request in requests():
            about, round = tensors(request["updates"])
            count, total = len(round["model"]), sum(round["weights"])
            rows = [round["updates"][at * count:(at + 1) * count] for at in range(len(round["weights"]))]
            model = [sum(w * row[at] for w, row in zip(round["weights"], rows)) / total
                     for at in range(count)]
            write(request["next"], model=model)
            done(request)
        """

    @Test("Federated averaging as a program is federated averaging")
    func averaging() throws {
        let made = try withProgram(Self.averaging) { try next($0).state.model.numbers }
        var fold = ExactMean().makeFold(Self.layout)
        for update in updates {
            try fold.add(
                [
                    Strategy.fedAvg.contribution(
                        of: update, after: FederationState(model: ParameterVector(zeros: 8)),
                        work: LocalWork(steps: 1, learningRate: 0.1)
                    ).contribution
                ], threads: 1)
        }
        let mean = try fold.finish(threads: 1).value.vector.numbers
        #expect(made.count == mean.count)
        for (one, other) in zip(made, mean) { #expect(abs(one - other) <= 1e-7) }
    }

    @Test("A program is told all of a round, in the order of clients")
    func told() throws {
        let found = Mutex<[String]>([])
        _ = try withProgram(
            """
            for request in requests():
                about, round = tensors(request["updates"])
                print(about["round"], about["population"], about["seed"], about["layout"])
                print(round["clients"], round["samples"], round["weights"])
                print(round["updates"][0], round["updates"][8], round["updates"][16])
                write(request["next"], model=round["model"])
                done(request)
            """, said: { line in found.withLock { $0.append(line) } }
        ) { try next($0, round: 4) }
        #expect(
            found.withLock(\.self) == [
                #"rule.py: 4 9 5 [["dense/kernel", [3, 2]], ["dense/bias", [2]]]"#,
                "rule.py: (0, 2, 4) (1, 2, 3) (1, 2, 3)",
                "rule.py: 0.0 0.3333333432674408 0.6666666865348816",
            ])
    }

    @Test("What it keeps it is told again, and what it measured the round's record says")
    func state() throws {
        try withProgram(
            """
            for request in requests():
                about, round = tensors(request["updates"])
                kept = round.get("state.count", [0.0] * 8)
                write(request["next"], model=round["model"], state__count=[x + 1 for x in kept])
                done(request, metrics={"kept": kept[0], "nothing": None, "word": "x"})
            """
        ) { program in
            let first = try next(program)
            #expect(first.state.vectors["count"]?.numbers == [Float](repeating: 1, count: 8))
            #expect(first.metrics == ["kept": 0])
            let second = try next(program, round: 2, state: first.state)
            #expect(second.state.vectors["count"]?.numbers == [Float](repeating: 2, count: 8))
            #expect(second.metrics == ["kept": 1])
            // A resumed run's state is one that such a strategy can have.
            #expect(Strategy.fedAvg.ruled(by: program).problem(with: second.state) == nil)
            #expect(Strategy.fedAvg.problem(with: second.state) != nil)
        }
    }

    /// What a program does, and the end of what is said of it.
    static let wrongs: [(String, String)] = [
        ("sys.exit(3)", "ended with status 3 at its start"),
        (
            "raise ValueError('no such thing')",
            "ended with status 1 at its start: ValueError: no such thing"
        ),
        (
            "for r in requests(): raise KeyError('x')",
            "ended with status 1 in round 1: KeyError: 'x'"
        ),
        ("import os\nfor r in requests(): os.kill(os.getpid(), 9)", "ended by signal 9 in round 1"),
        (
            "for r in requests(): done({'round': 7})",
            "answered “{\"done\": 7}” in round 1: expected {\"done\": 1}"
        ),
        (
            "for r in requests(): write(r['next'], model=[1.0] * 7); done(r)",
            "wrote a “model” of shape [7] in round 1: expected are [8] numbers of type F32, as the model "
                + "has them"
        ),
        (
            "for r in requests(): write(r['next'], model=[1.0] * 8, state__v=[1.0]); done(r)",
            "wrote a “state.v” of shape [1] in round 1: expected are [8] numbers of type F32, as the "
                + "model has them"
        ),
        (
            "for r in requests(): write(r['next'], weights=[1.0] * 8); done(r)",
            "answered “weights” in round 1: expected the tensors “model” and “state.NAME” in the file of "
                + "the next model"
        ),
        (
            "for r in requests(): write(r['next'], state__v=[1.0] * 8); done(r)",
            "has left no model in round 1: the model file has no tensor “model”"
        ),
        (
            "for r in requests(): open(r['next'], 'w').write('{}'); done(r)",
            "has left no model in round 1: the model file is cut short: it holds 2 bytes of at least 8"
        ),
        (
            "for r in requests(): write(r['next'], model=[1.0] * 7 + [float('nan')]); done(r)",
            "parameter 7 (dense/bias, element 1) of the new global model is NaN; a finite number was "
                + "expected"
        ),
        (
            "for r in requests(): write(r['next'], model=[1.0] * 8, state__v=[float('inf')] * 8); done(r)",
            "parameter 0 (dense/kernel, element 0) of the server's v is infinity; a finite number was "
                + "expected"
        ),
    ]

    @Test("A program that goes wrong ends the round with a sentence", arguments: wrongs.indices)
    func wrong(index: Int) throws {
        let (body, expected) = Self.wrongs[index]
        try withProgram(body) { program in
            do {
                try program.start(Self.layout)
                _ = try next(program)
                Issue.record("a round without a model was closed")
            } catch {
                #expect("\(error)".hasSuffix(expected), "found “\(error)”")
            }
        }
    }

    @Test("One that does not answer in time is ended, with what it has started")
    func silence() throws {
        let found = Mutex<[String]>([])
        try withProgram(
            """
            import subprocess
            for request in requests():
                child = subprocess.Popen(["sleep", "1000"])
                print(child.pid, flush=True)
                time.sleep(1000)
            """, seconds: 1, said: { line in found.withLock { $0.append(line) } }
        ) { program in
            #expect(
                throws: AggregationError.refused(
                    reason: RuleProgramError.silent(program.file, .round(1), seconds: 1)
                        .description)
            ) { _ = try next(program) }
        }
        let child = try #require(
            found.withLock { $0.first?.split(separator: " ").last }.flatMap { Int32($0) })
        // Its end is on its way.
        for _ in 0..<500 where !isGone(child) { usleep(10_000) }
        #expect(isGone(child))
    }

    /// Whether a process is no more, or waits for nothing but somebody to hear of its end.
    private func isGone(_ process: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        else { return true }
        return status.split(separator: ")").last?.hasPrefix(" Z") ?? true
    }

    @Test("A run that is stopped does not wait for its program")
    func stopped() throws {
        try withProgram("for request in requests(): time.sleep(1000)") { program in
            try program.start(Self.layout)
            Thread.detachNewThread {
                usleep(100_000)
                program.stop()
            }
            #expect(throws: AggregationError.stopped) { _ = try next(program) }
        }
    }

    @Test("A file that cannot be run is refused before anything is")
    func absent() throws {
        #expect(
            throws: RuleProgramError.absent("/nowhere/rule.py", reason: "No such file or directory")
        ) { try RuleProgram("/nowhere/rule.py").check() }
        #expect(throws: RuleProgramError.absent("/tmp", reason: "it is no file")) {
            try RuleProgram("/tmp").check()
        }
        try withProgram("", name: "rule.R") { program in
            #expect(throws: RuleProgramError.notExecutable(program.file)) { try program.check() }
        }
        // Executable, and no program that the system knows.
        try withProgram("", name: "rule", mode: 0o700) { program in
            try program.check()
            #expect(
                throws: RuleProgramError.notStarted(program.file, reason: "Exec format error")
            ) { try program.start(Self.layout) }
        }
    }

    @Test("A rule that wants all updates needs an aggregator that keeps them")
    func strategy() {
        let rule = ProgramRule(RuleProgram("rule.py"))
        #expect(
            Strategy("Own", server: rule).problem
                == "Own: the server rule rule.py wants all updates, and mean keeps none")
        #expect(Strategy.fedProx(mu: 1).ruled(by: rule.program).problem == nil)
    }
}

extension ParameterVector {
    fileprivate var numbers: [Float] { array(in: 0..<count) }
}
