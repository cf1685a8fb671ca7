import Experiments
import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("Runs that are interrupted, gone on with, given up, or made side by side", .holdsItsThread)
struct ResumeTests {
    private static let tiny = Command.tinyWords

    /// Begins a run, and stops it after its second round.
    /// - Parameter words: options of `run`, `--rounds` among them.
    private func interrupt(_ words: String, in folder: URL) throws -> Command {
        try Command.shell(
            "rm -f out; $F run \(words) > out & "
                + "for i in $(seq 400); do grep -q '^ *2/' out && break; sleep 0.02; done; "
                + "kill -TERM $!; wait $!", in: folder)
    }

    /// What is typed to go on, from what the program says.
    private func advice(_ command: Command) throws -> String {
        let text = command.errors
        let start = try #require(text.range(of: "; federated run --resume "), "\(text)")
        let end = try #require(text.range(of: " goes on\n"))
        return String(text[text.index(start.lowerBound, offsetBy: 2)..<end.lowerBound])
    }

    private func files(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { !$0.hasPrefix(".") && !$0.contains("sqlite") }.sorted()
    }

    @Test("What is advised goes on with that very run, whose log takes the place of the first")
    func advised() throws {
        try Command.inTemporaryFolder { folder in
            // Another run has been interrupted since, which bare --resume would take.
            for (place, options) in [
                ("Logs", ""), ("some logs", "--log-dir 'some logs'"),
                ("apart", "--log-dir apart --store 'it''s.db'"),
                ("Logs2", "--store x.db --log-dir Logs2"),
            ] {
                let words = "\(Self.tiny) --rounds 300 \(options)"
                let whole = try Command.shell(
                    "$F run --no-store \(Self.tiny) --rounds 300 --log-dir whole --quiet",
                    in: folder
                )
                let first = try interrupt(words, in: folder)
                #expect(first.status == 130, "\(first.errors)")
                _ = try interrupt("\(Self.tiny) --rounds 290 --seed 9 \(options)", in: folder)
                let logs = folder.appending(path: place)
                let before = try files(logs)
                let again = try Command.shell(
                    try advice(first).replacing("federated run", with: "$F run"), in: folder)
                #expect(again.status == 0, "\(again.errors)")
                #expect(again.output.contains(", resumed after round "))
                // No second log, and the run's model is that of an undisturbed one.
                #expect(try files(logs) == before)
                let name = try #require(try advice(first).split(separator: " ").dropFirst(3).first)
                #expect(
                    try Data(contentsOf: logs.appending(path: "\(name).safetensors"))
                        == Data(
                            contentsOf: folder.appending(
                                path: whole.output.trimmingCharacters(in: .newlines)
                                    .replacing(".json", with: ".safetensors"))), "\(place)")
                let log = try String(
                    contentsOf: logs.appending(path: "\(name).json"), encoding: .utf8)
                #expect(log.contains("\"outcome\": \"completed\""))
            }
        }
    }

    @Test("A stale log in another folder goes, a log that is none of the run's stays")
    func staleLogs() throws {
        try Command.inTemporaryFolder { folder in
            let words = "\(Self.tiny) --rounds 300 --store s.db --log-dir one"
            let first = try interrupt(words, in: folder)
            let name = try #require(try advice(first).split(separator: " ").dropFirst(3).first)
            // A log of another run that began in the same second.
            let other = try Command.shell(
                "$F run --no-store \(Self.tiny) --quiet --log-dir three && mkdir two && "
                    + "mv three/*.json two/\(name).json && "
                    + "mv three/*.safetensors two/\(name).safetensors", in: folder)
            #expect(other.status == 0, "\(other.errors)")
            let again = try Command.shell(
                "$F run --resume \(name) --store s.db --log-dir two --quiet", in: folder)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.output == "two/\(name)_2.json\n")
            #expect(try files(folder.appending(path: "one")) == [])
            #expect(try files(folder.appending(path: "two")).count == 4)
            let shown = try Command.shell("$F show \(name) --store s.db", in: folder)
            #expect(shown.output.contains("two/\(name)_2.json"), "\(shown.output)")
        }
    }

    @Test("Nothing to resume: an error without settings, a run with them")
    func nothing() throws {
        try Command.inTemporaryFolder { folder in
            _ = try Command.shell("$F run --quiet --log-dir done \(Self.tiny)", in: folder)
            let stores = ["none", "done"]
            for command in ["run", "serve --port 0"] {
                for store in stores {
                    for options in ["", "--threads 1", "--quiet"] {
                        let line = "$F \(command) --resume --log-dir \(store) \(options)"
                        let refused = try Command.shell(line, in: folder)
                        #expect(refused.status == 1, "\(line)")
                        #expect(refused.output == "")
                        #expect(
                            refused.errors.hasPrefix(
                                "federated: there is nothing to resume in \(store)/federated.sqlite: "
                            ),
                            "\(line): \(refused.errors)")
                    }
                }
                let named = try Command.shell(
                    "$F \(command) --resume 2026 --log-dir none --rounds 2", in: folder)
                #expect(named.status == 1)
                #expect(
                    named.errors
                        == "federated: there is no store none/federated.sqlite: the first run makes it\n"
                )
            }
            #expect(try files(folder.appending(path: "none")) == [])
            for output in ["", "--quiet", "--json"] {
                let begun = try Command.shell(
                    "$F run --resume --log-dir new\(output) \(output) \(Self.tiny)", in: folder)
                #expect(begun.status == 0, "\(begun.errors)")
                let said = "nothing to resume in new\(output)/federated.sqlite: starting afresh\n"
                #expect((output == "" ? begun.output : begun.errors).hasPrefix(said))
            }
        }
    }

    @Test("Which run is said by the beginning of its name; wrong ones in one sentence")
    func choosing() throws {
        try Command.inTemporaryFolder { folder in
            let first = try advice(try interrupt("\(Self.tiny) --rounds 290", in: folder))
            usleep(1_100_000)
            let second = try advice(
                try interrupt("\(Self.tiny) --rounds 290 --seed 2", in: folder))
            let names = try [first, second].map {
                String(try #require($0.split(separator: " ").dropFirst(3).first))
            }
            let several = try Command.shell("$F run --resume 2", in: folder)
            #expect(several.status == 1)
            #expect(
                several.errors
                    == "federated: “2” begins the names of several runs: "
                    + "\(names[0]), \(names[1])\n")
            let unknown = try Command.shell("$F run --resume x", in: folder)
            #expect(
                unknown.errors
                    == "federated: there is no run “x”: the store has \(names[0]), \(names[1])\n")
            let other = try Command.shell("$F serve --port 0 --resume \(names[0])", in: folder)
            #expect(other.errors.hasPrefix("federated: run \(names[0]) is one of federated run: "))
            // The first by name, then the last without one.
            for (words, seed) in [("--resume \(names[0])", "1"), ("--resume", "2")] {
                let run = try Command.shell("$F run \(words) --json", in: folder)
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.output.contains("\"seed\": \(seed),"))
            }
            let over = try Command.shell("$F run --resume \(names[0])", in: folder)
            #expect(over.errors == "federated: run \(names[0]) is over: completed\n")

            for words in ["--remove x", "--remove \(names[0]) --remove x", "--remove 2"] {
                let refused = try Command.shell("$F runs \(words)", in: folder)
                #expect(refused.status == 1, "\(words)")
            }
            let removed = try Command.shell("$F runs --remove \(names[0])", in: folder)
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(removed.output.hasPrefix("run \(names[0]) is removed; its log stays: "))
            let listed = try Command.shell("$F runs", in: folder)
            #expect(!listed.output.contains(names[0]) && listed.output.contains(names[1]))
            let missing = try Command.shell("$F runs --store none --remove x", in: folder)
            #expect(missing.errors == "federated: there is no store none: the first run makes it\n")
        }
    }

    @Test("Runs at once in one folder have one store, and the bits that each has alone")
    func sideBySide() throws {
        try Command.inTemporaryFolder { folder in
            func seeds(_ more: String, _ ending: String) -> String {
                (1...3).map {
                    "$F run \(Self.tiny) --rounds 20 --seed \($0) --quiet \(more) \(ending)"
                }
                .joined(separator: " ")
            }
            let alone = try Command.shell(seeds("--log-dir alone", ";"), in: folder)
            #expect(alone.status == 0, "\(alone.errors)")
            let together = try Command.shell(seeds("--log-dir together", "&") + " wait", in: folder)
            #expect(together.errors == "")
            func models(_ place: String) throws -> Set<Data> {
                let logs = folder.appending(path: place)
                return Set(
                    try files(logs).filter { $0.hasSuffix(".safetensors") }
                        .map { try Data(contentsOf: logs.appending(path: $0)) })
            }
            #expect(try models("alone").count == 3)
            #expect(try models("alone") == models("together"))
            let listed = try Command.shell("$F runs --store together/federated.sqlite", in: folder)
            #expect(listed.output.split(separator: "\n").filter { $0.contains("20/20") }.count == 3)
            // Whoever is at a run keeps others from it.
            let held = try Command.shell(
                "rm -f out; $F run \(Self.tiny) --rounds 100000 > out & "
                    + "for i in $(seq 400); do grep -q '^ *2/' out && break; sleep 0.02; done; "
                    + "$F run --resume; $F runs --remove last; $F run \(Self.tiny) --quiet > /dev/null && "
                    + "echo beside; kill -TERM $!; wait $!", in: folder)
            let sentences = held.errors.split(separator: "\n")
            #expect(sentences.count == 3, "\(held.errors)")
            #expect(sentences.prefix(2).allSatisfy { $0.contains(" is going on in process ") })
            #expect(held.output.contains("beside"))
        }
    }

    @Test("A store that may only be read is read, whatever lies beside it")
    func readOnly() throws {
        try Command.inTemporaryFolder { folder in
            // Root may do anything, so what reads is nobody then.
            let isRoot = geteuid() == 0
            let reader =
                isRoot
                ? "setpriv --reuid=65534 --regid=65534 --clear-groups ./program" : "./program"
            try FileManager.default.copyItem(
                at: Command.program, to: folder.appending(path: "program"))
            chmod(folder.path, 0o755)
            let made = try Command.shell(
                "umask 022; $F run --quiet \(Self.tiny) --log-dir logs", in: folder)
            let log = made.output.trimmingCharacters(in: .newlines)
            let name = URL(fileURLWithPath: log).deletingPathExtension().lastPathComponent
            let expected = try Command.shell(
                "$F show \(name) --store logs/federated.sqlite", in: folder)
            // Left as after an end; with the newest rounds in a file of their own and an index of them;
            // without the index; and while somebody writes.
            for (state, before, after) in [
                ("ended", ":", ":"),
                (
                    "killed",
                    "$F run \(Self.tiny) --rounds 100000 --log-dir logs > out & "
                        + "for i in $(seq 400); do grep -q '^ *3/' out && break; sleep 0.02; done; "
                        + "kill -KILL $!; wait $! 2>/dev/null", ":"
                ),
                ("without an index", "rm logs/federated.sqlite-shm", ":"),
                (
                    "written",
                    "umask 022; $F run \(Self.tiny) --rounds 100000 --log-dir logs > out & "
                        + "for i in $(seq 400); do grep -q '^ *3/' out && break; sleep 0.02; done",
                    "kill -TERM $!; wait $!"
                ),
            ] {
                let prepared =
                    isRoot ? "chmod 555 logs" : "chmod 555 logs; chmod 444 logs/*.sqlite*"
                let store = "--store logs/federated.sqlite"
                let command = try Command.shell(
                    "\(before); \(prepared); ls logs > before; "
                        + "\(reader) runs \(store) && \(reader) show \(name) \(store) > shown && "
                        + "\(reader) export \(name) \(store) --format csv > csv && "
                        + "\(reader) compare \(name) \(name) \(store) > compared && "
                        + "\(reader) report \(name) \(store) --output - > page; echo status $?; "
                        + "ls logs > after; chmod 755 logs; chmod 644 logs/*.sqlite*; \(after); true",
                    in: folder)
                #expect(command.output.contains("status 0"), "\(state): \(command.errors)")
                #expect(command.output.contains(name), "\(state)")
                func text(_ name: String) throws -> String {
                    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
                }
                #expect(try text("shown") == expected.output, "\(state)")
                #expect(try text("page").contains(name))
                // Nothing of the reader's is left there.
                #expect(try text("before") == text("after"), "\(state)")
            }
        }
    }

    @Test("The time left goes by this process's rounds")
    func pace() {
        for (rounds, before, round, inRound, elapsed, left) in [
            (10, 0, 1, 0.5, 5.0, 95.0), (10, 0, 10, 0.0, 90.0, 10.0), (100, 90, 91, 0.5, 5.0, 95.0),
            (100, 90, 96, 0.0, 50.0, 50.0), (30, 29, 30, 0.1, 1.0, 9.0), (5, 0, 5, 1.0, 7.0, 0.0),
        ] {
            let found = RunPace(rounds: rounds, before: before).secondsLeft(
                round: round, inRound: inRound, elapsed: elapsed)
            #expect(abs((found ?? -1) - left) < 1e-9, "\(rounds), \(before), \(round)")
        }
        #expect(RunPace(rounds: 10, before: 3).secondsLeft(round: 4, inRound: 0, elapsed: 1) == nil)
    }
}
