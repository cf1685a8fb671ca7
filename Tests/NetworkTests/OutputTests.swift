import Commands
import Experiments
import Foundation
import TestSupport
import TestThreads
import Testing

/// What a run leaves in its folder of logs.
private func logs(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
}

@Suite("Where output goes that nobody can write, or nobody reads", .holdsItsThread)
struct OutputTests {
    /// Command lines that print; `RUN` stands for a run of the store.
    private static let printing = [
        "run --no-store \(Command.tinyWords)", "run --no-store --quiet \(Command.tinyWords)",
        "run --no-store --json \(Command.tinyWords)", "runs", "show RUN", "compare RUN RUN",
        "export RUN", "export RUN --format csv", "export RUN --format safetensors",
        "report RUN --output -", "report RUN --output page.html",
        "partition --partition iid --dataset digits",
        "partition --partition iid --dataset digits --json",
        "sweep \(Command.tinyWords)", "bench accuracy",
        "reproduce mcmahan-table1 --list", "--help", "--version", "run --help", "help export",
        "--generate-completion-script bash",
    ]

    /// A folder with a run in its store, and the run's name.
    private func withRun(_ body: (URL, String) throws -> Void) throws {
        try Command.inTemporaryFolder { folder in
            let run = try Command.run(["run", "--quiet"] + Command.tiny, in: folder)
            #expect(run.status == 0, "\(run.errors)")
            let log = URL(fileURLWithPath: run.output.trimmingCharacters(in: .newlines))
            try body(folder, log.deletingPathExtension().lastPathComponent)
        }
    }

    @Test("A full disk behind standard output: one line, status 1, in every command that prints")
    func full() throws {
        try withRun { folder, name in
            for line in Self.printing {
                let command = try Command.shell(
                    "$F \(line.replacing("RUN", with: name)) > /dev/full", in: folder)
                #expect(command.status == 1, "\(line)")
                #expect(
                    command.errors
                        == "federated: standard output cannot be written: No space left on device\n",
                    "\(line)")
            }
            // The runs were made all the same: their logs are there.
            #expect(try logs(in: folder.appending(path: "Logs")).count >= 4)
            // What went wrong before keeps its status, and standard error may be full, too.
            let wrong = try Command.shell("$F run --rounds 0 > /dev/full 2> /dev/full", in: folder)
            #expect(wrong.status == 64)
        }
    }

    @Test("A reader that has seen enough ends neither the run nor its log")
    func head() throws {
        try Command.inTemporaryFolder { folder in
            for (place, options) in [("a", ""), ("b", "--json"), ("c", "--transport http")] {
                let line =
                    "$F run --log-dir \(place) \(options) \(Command.tinyWords) | head -c 1 > /dev/null"
                let command = try Command.shell(
                    "\(line); exit ${PIPESTATUS[0]}", in: folder)
                #expect(command.status == 0, "\(command.errors)")
                #expect(command.errors == "")
                #expect(try logs(in: folder.appending(path: place)).count == 1)
            }
        }
    }

    @Test("Output files: whatever the path is, it stays what it is, or becomes the whole file")
    func paths() throws {
        try withRun { folder, name in
            let exported = try Command.run(["export", name], in: folder).output
            for (path, before) in [
                ("fresh", ":"), ("old", "echo old > old"), ("link", "echo old > x; ln -s x link"),
                ("dangling", "ln -s y dangling"),
            ] {
                let command = try Command.shell(
                    "\(before); $F export \(name) --output \(path) > told && cat \(path) && ls -l \(path)",
                    in: folder)
                #expect(command.status == 0, "\(command.errors)")
                #expect(
                    command.output.hasPrefix(exported + "\n") || command.output.hasPrefix(exported))
                let isLink = before.contains("ln")
                #expect(
                    command.output.dropFirst(exported.count).hasPrefix(isLink ? "l" : "-"),
                    "\(path)")
            }
            for line in [
                "$F export \(name) --output /dev/stdout", "$F export \(name) --output /dev/fd/1",
                "mkfifo p; cat p & $F export \(name) --output p; wait",
                "$F export \(name) --output /dev/stdout > z; cat z",
            ] {
                let command = try Command.shell(line, in: folder)
                #expect(command.output == exported, "\(line): \(command.errors)")
            }
            // What was in the file before stays before it.
            let appended = try Command.shell(
                "(echo first; $F export \(name) --output /dev/stdout; echo last) > w; cat w",
                in: folder)
            #expect(appended.output == "first\n\(exported)last\n")
            for line in [
                "export \(name) --output /dev/null", "report \(name) --output /dev/null",
                "partition --partition iid --dataset digits --csv /dev/null",
                "sweep \(Command.tinyWords) --output /dev/null",
            ] {
                let command = try Command.shell("$F \(line) && test -c /dev/null", in: folder)
                #expect(command.status == 0, "\(line): \(command.errors)")
            }
            for line in [
                "export \(name)", "report \(name)",
                "partition --partition iid --dataset digits --csv=x",
                "sweep \(Command.tinyWords)",
            ] {
                let option =
                    line.hasSuffix("x")
                    ? line.replacing("--csv=x", with: "--csv") : line + " --output"
                let command = try Command.shell("$F \(option) /dev/full", in: folder)
                #expect(command.status == 1, "\(line)")
                #expect(
                    command.errors
                        == "federated: /dev/full cannot be written: No space left on device\n",
                    "\(line)")
            }
        }
    }

    @Test("Closed standard streams: no file takes their numbers")
    func closed() throws {
        try Command.inTemporaryFolder { folder in
            func table(_ closing: String, _ place: String) throws -> [[Substring]] {
                let command = try Command.shell(
                    "$F sweep \(Command.tinyWords) --seeds 1,2 --output \(place).csv --log-dir \(place) "
                        + closing, in: folder)
                #expect(command.status == 0, "\(closing): \(command.errors)")
                let text = try String(
                    contentsOf: folder.appending(path: "\(place).csv"), encoding: .utf8)
                // All but the run's name, seconds and log.
                return text.split(separator: "\n").map {
                    Array(
                        $0.split(separator: ",", omittingEmptySubsequences: false).dropFirst()
                            .dropLast(2))
                }.sorted { $0.joined() < $1.joined() }
            }
            let expected = try table("", "open")
            #expect(expected.count == 3)
            for (index, closing) in [
                "<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-",
            ].enumerated() {
                #expect(try table(closing, "t\(index)") == expected, "\(closing)")
                let run = try Command.shell(
                    "$F run \(Command.tinyWords) --log-dir r\(index) \(closing)", in: folder)
                #expect(run.status == 0, "\(closing): \(run.errors)")
                #expect(try logs(in: folder.appending(path: "r\(index)")).count == 1)
            }
        }
    }

    @Test("Ctrl-C that was ignored at the start stays ignored; SIGTERM does not")
    func ignored() throws {
        try Command.inTemporaryFolder { folder in
            let run = "$F run --no-store \(Command.tinyWords) --rounds 100000 --log-dir logs"
            let waiting =
                "for i in $(seq 1200); do grep -q '2/100000' out && break; sleep 0.05; done"
            let kept = try Command.shell(
                "trap '' INT; \(run) > out & \(waiting); kill -INT $!; sleep 0.2; kill -TERM $!; wait $!",
                in: folder)
            #expect(kept.status == 130)
            #expect(kept.errors.hasPrefix("federated: interrupted; the log of "), "\(kept.errors)")
            let text = try String(contentsOf: folder.appending(path: "out"), encoding: .utf8)
            let rounds = text.split(separator: "\n").filter { $0.contains("/100000 ") }.count
            #expect(rounds > 2, "\(text)")
            let done = try Command.shell(
                "trap '' INT; $F run --no-store \(Command.tinyWords) --rounds 2000 --log-dir whole > out & "
                    + "for i in $(seq 1200); do grep -q ' 2/2000' out && break; sleep 0.05; done; "
                    + "kill -INT $!; wait $!", in: folder)
            #expect(done.status == 0, "\(done.errors)")
        }
    }

    @Test(
        "A disk that fills in mid-run: the store's reason first, in words, and what log there is room for"
    )
    func fills() throws {
        try Command.inTemporaryFolder { folder in
            // The shell's limit on files, in blocks of 1,024 bytes, stops the store's own log.
            // Of the second model's log, a third would fit.
            for (limit, model, clause) in [
                (1500, "logistic-regression", " rounds is logs/"),
                (2000, "mcmahan-2nn", ", without weights, is logs/"),
            ] {
                let command = try Command.shell(
                    "ulimit -f \(limit); $F run \(Command.tinyWords) --model \(model) --rounds 4000 "
                        + "--no-client-evaluation --log-dir logs > /dev/null", in: folder)
                #expect(command.status == 1)
                #expect(
                    command.errors.hasPrefix(
                        "federated: the store logs/federated.sqlite cannot be written: "),
                    "\(command.errors)")
                #expect(command.errors.contains(clause), "\(command.errors)")
                #expect(command.errors.split(separator: "\n").count == 1)
                #expect(!command.errors.contains("NS"), "\(command.errors)")
                try FileManager.default.removeItem(at: folder.appending(path: "logs"))
            }
        }
    }

    @Test("Errors of Foundation's are said in the system's words, others are left to themselves")
    func foundation() {
        func words(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch {
                return systemWords(for: error)
            }
        }
        let nowhere = URL(fileURLWithPath: "/nowhere/x")
        let full = URL(fileURLWithPath: "/dev/full")
        let cases: [(String, () throws -> Void)] = [
            ("No such file or directory", { try Data([1]).write(to: nowhere, options: .atomic) }),
            ("No such file or directory", { _ = try Data(contentsOf: nowhere) }),
            ("Is a directory", { _ = try Data(contentsOf: URL(fileURLWithPath: "/")) }),
            (
                "No space left on device",
                { try FileHandle(forWritingTo: full).write(contentsOf: Data([1])) }
            ),
            (
                "No such file or directory",
                {
                    let process = Process()
                    process.executableURL = nowhere
                    try process.run()
                }
            ),
            ("No space left on device", { throw NSError(domain: NSPOSIXErrorDomain, code: 28) }),
            ("No space left on device", { throw CocoaError(.fileWriteOutOfSpace) }),
            ("error 7 of somebody", { throw NSError(domain: "somebody", code: 7) }),
        ]
        for (expected, body) in cases {
            let said = words(body) ?? "nothing"
            #expect(said.hasSuffix(expected), "\(said)")
            #expect(!said.contains("Domain") && !said.contains("UserInfo"), "\(said)")
        }
        struct Own: Error {}
        #expect(words { throw Own() } == nil)
    }

    @Test("New files have 666 less the umask")
    func umask() throws {
        try Command.inTemporaryFolder { folder in
            for (mask, mode) in [("027", "640"), ("002", "664"), ("077", "600")] {
                let command = try Command.shell(
                    "umask \(mask); $F run \(Command.tinyWords) --quiet --log-dir m\(mask) > name && "
                        + "$F export --store m\(mask)/federated.sqlite $(basename $(cat name) .json) "
                        + "--output m\(mask)/e > /dev/null && "
                        + "$F sweep \(Command.tinyWords) --output m\(mask)/s.csv --log-dir m\(mask) "
                        + "> /dev/null && stat -c %a m\(mask)/*", in: folder)
                #expect(command.status == 0, "\(command.errors)")
                let modes = command.output.split(separator: "\n")
                #expect(modes.count >= 7)
                #expect(modes.allSatisfy { $0 == mode }, "\(mask): \(modes)")
            }
        }
    }

    @Test("A name that points nowhere is an error, and digits in MNIST's place are never silent")
    func namedData() throws {
        try Command.inTemporaryFolder { folder in
            let usual = "--model logistic-regression --samples 30 --epochs 1 --rounds 1"
            for output in ["", "--quiet", "--json"] {
                for (place, words) in [
                    ("--data-dir nosuch", "there is no folder “nosuch”"),
                    ("--data-dir .", "--data-dir . has no MNIST"),
                    ("--dataset nosuch", "there is no data set “nosuch”"),
                ] {
                    let command = try Command.shell(
                        "$F run \(usual) \(output) \(place)", in: folder)
                    #expect(command.status == 1, "\(place)")
                    #expect(command.output == "")
                    #expect(command.errors.hasPrefix("federated: \(words)"), "\(command.errors)")
                }
                let named = try Command.shell(
                    "FEDERATED_DATA_DIR=nosuch $F run \(usual) \(output)", in: folder)
                #expect(named.status == 1)
                #expect(named.errors.hasPrefix("federated: FEDERATED_DATA_DIR is nosuch"))
                // No cache, and a network that leads nowhere.
                let away = "unset FEDERATED_DATA_DIR; export XDG_CACHE_HOME=$PWD/none"
                let proxies = "export https_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1"
                let digits = try Command.shell(
                    "\(away); \(proxies); $F run \(usual) \(output)", in: folder)
                #expect(digits.status == 0)
                #expect(
                    digits.errors.contains("using generated digits instead"), "\(digits.errors)")
            }
        }
    }
}
