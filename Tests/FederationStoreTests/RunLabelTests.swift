import Federation
import FederationStore
import Glibc
import TestThreads
import Testing

@Suite("What users and processes say of runs", .holdsItsThread)
struct RunLabelTests {
    private func labels(
        _ name: String? = nil, _ tags: [String] = [], _ note: String = ""
    ) throws -> RunLabels { try RunLabels(name: name, tags: tags, note: note) }

    @Test("Names, tags and notes are kept without white space at their ends, until others are said")
    func kept() throws {
        try inTemporaryFolder { path in
            var store = try RunStore(path: path)
            let first = try Sample.begin(store)
            let second = try Sample.begin(store)
            #expect(try store.run(first).labels == .none)
            try store.setLabels(
                labels("  <b>Ümlaut</b> 🎈 ", ["b", " a ", "b"], "\u{3000}why\t"), of: first)
            store.close()
            store = try RunStore(path: path)
            let kept = try store.run(first).labels
            #expect(kept.name == "<b>Ümlaut</b> 🎈")
            #expect(kept.tags == ["b", "a"])
            #expect(kept.note == "why")
            #expect(try store.runs().map(\.labels) == [kept, .none])
            try store.setLabels(labels(" ", ["c"]), of: first)
            #expect(try store.run(first).labels == labels(nil, ["c"]))
            #expect(
                sentence { try store.setLabels(.none, of: "x") }
                    == "there is no run “x”: the store has \(first), \(second)")
            try store.remove(second)
            store.release(first)
            try store.remove(first)
            #expect(try store.runs().isEmpty)
            store.close()
        }
    }

    @Test("What no run can be called is refused in a sentence")
    func refused() {
        func refusal(_ name: String?, _ tags: [String] = [], _ note: String = "") -> String? {
            sentence { _ = try RunLabels(name: name, tags: tags, note: note) }
        }
        let long = String(repeating: "é", count: 81)
        #expect(refusal(String(long.dropLast())) == nil)
        #expect(
            refusal(long)
                == "a run's name has at most 80 characters, not 81: “\(long.prefix(40))…”")
        #expect(
            refusal("a\u{1B}[2Jb")
                == "a run's name has no control characters and nothing else that cannot be seen: "
                + "“a\\u{1b}[2Jb”")
        #expect(
            refusal(nil, [], "a\nb")
                == "a run's note has no control characters and nothing else that cannot be seen: "
                + "“a\\u{a}b”")
        #expect(
            refusal(" last ")
                == "a run's name cannot be “last”, which means the newest run wherever one is named"
        )
        #expect(refusal(nil, ["a", " "]) == "a run's tag has at least one character")
        #expect(refusal(nil, ["a,b"]) == "a run's tag has no comma: “a,b”")
        #expect(
            refusal(nil, [String(repeating: "t", count: 41)])?
                .hasPrefix("a run's tag has at most 40 characters, not 41: “ttt") == true)
        #expect(refusal(nil, (1...20).map { "\($0)" }) == nil)
        #expect(refusal(nil, (1...21).map { "\($0)" }) == "a run has at most 20 tags, not 21")
        #expect(
            refusal(nil, [], String(repeating: "n", count: 2001))?
                .hasPrefix("a run's note has at most 2000 characters, not 2001") == true)
        // One character may have any number of marks.
        #expect(refusal("e" + String(repeating: "\u{301}", count: 400)) != nil)
    }

    @Test("A wish is a running run's, and goes when that ends, is released or is taken up again")
    func wishes() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let other = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 2)
            let process = Int(getpid())
            #expect(try other.run(name).stateText == "running, process \(process)")
            #expect(try other.wish(of: name) == nil)
            try other.setWish(.pause, of: name)
            #expect(try store.wish(of: name) == .pause)
            #expect(
                try other.run(name).stateText
                    == "running, process \(process), pausing after this round")
            try store.obey(.pause, in: name)
            #expect(try other.run(name).state == .paused)
            #expect(try other.run(name).stateText == "paused, process \(process)")
            // The same again changes nothing; another is not obeyed yet.
            try other.setWish(.pause, of: name)
            #expect(try other.run(name).state == .paused)
            try other.setWish(.stop, of: name)
            #expect(try other.run(name).stateText == "running, process \(process), stopping")
            try other.setWish(nil, of: name)
            #expect(try store.wish(of: name) == nil)

            try other.setWish(.stop, of: name)
            var header = Sample.header
            header.outcome = "interrupted"
            try store.end(name, header: header, isFinished: false, logFile: nil)
            #expect(try store.wish(of: name) == nil)
            #expect(try other.run(name).state == .interrupted)
            #expect(try other.run(name).stateText == "interrupted after 2 of 5")
            store.release(name)
            #expect(
                sentence { try other.setWish(.stop, of: name) }
                    == "run \(name) is not going on: interrupted after 2 of 5")

            _ = try store.resume(name, kind: "run")
            try store.end(name, header: Sample.header, isFinished: false, logFile: nil)
            try other.setWish(.stop, of: name)
            store.release(name)
            #expect(try store.wish(of: name) == nil)
            #expect(try other.run(name).stateText == "unfinished after 2 of 5")

            _ = try store.resume(name, kind: "run")
            try other.setWish(.pause, of: name)
            // Killed: nobody takes the wish back.
            store.close()
            #expect(try other.wish(of: name) == .pause)
            #expect(try other.resume(name, kind: "run").wish == nil)
            #expect(try other.wish(of: name) == nil)

            let served = try Sample.begin(other, kind: "serve")
            #expect(
                sentence { try other.setWish(.pause, of: served) }
                    == "a served run can be stopped and resumed, not paused: run \(served) is one")
            other.close()
        }
    }

    @Test(
        "Where a run stands that has ended",
        arguments: [
            (Outcome.completed, StoredRun.State.completed), (.reachedTarget(round: 2), .target),
            (.noProgress(rounds: 3), .stalled),
            (.diverged(client: nil, round: 2, reason: "NaN"), .diverged),
            (.failed(client: 1, round: 2, reason: "gone"), .failed),
        ])
    func states(outcome: Outcome, state: StoredRun.State) throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 1)
            var header = Sample.header
            header.outcome = "\(outcome)"
            try store.end(name, header: header, isFinished: true, logFile: nil)
            #expect(try store.run(name).state == state)
            #expect(try store.run(name).stateText == "\(outcome)")
            store.release(name)
            // A good end is final, but for more rounds; after a bad one something may have been mended.
            let refusal = sentence { _ = try store.resume(name, kind: "run") }
            let isBad = state == .diverged || state == .failed
            #expect(refusal == (isBad ? nil : "run \(name) is over: \(outcome)"))
            store.release(name)
            #expect(sentence { _ = try store.resume(name, kind: "run", extending: true) } == nil)
            store.release(name)
            // Nobody goes on with any of them without saying so.
            #expect(try store.resumeLast(kind: "run") == nil)
            store.close()
        }
    }

    @Test("A run is found by what it is called, whole before the beginning of another")
    func found() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let runs = try (0..<4).map { _ in try Sample.begin(store) }
            for (run, name) in zip(runs, ["base", "baseline", "twin", "twin"]) {
                try store.setLabels(labels(name), of: run)
            }
            #expect(try store.name(beginning: "base") == runs[0])
            #expect(try store.name(beginning: "basel") == runs[1])
            #expect(try store.name(beginning: "last") == runs[3])
            #expect(try store.name(beginning: runs[0]) == runs[0])
            #expect(
                sentence { _ = try store.name(beginning: "twin") }
                    == "“twin” begins the names of several runs: \(runs[2]) (twin), \(runs[3]) (twin)"
            )
            #expect(sentence { _ = try store.name(beginning: "twins") } != nil)
            #expect(sentence { _ = try store.name(beginning: "") } != nil)
            store.close()
        }
    }

    @Test("A store of the version before has none, read or brought up to date")
    func earlier() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 2)
            store.close()
            let connection = try SQLiteConnection(path: path)
            try connection.use { db in
                try db.execute(
                    sql: """
                        DROP TABLE labels; DROP TABLE tags; DROP TABLE wishes;
                        ALTER TABLE client_rounds DROP COLUMN update_norm;
                        ALTER TABLE client_rounds DROP COLUMN update_cosine;
                        DELETE FROM grdb_migrations WHERE identifier > '8';
                        """)
            }
            connection.close()
            let reader = try RunStore(path: path, access: .reading)
            #expect(try reader.runs().map(\.labels) == [.none])
            #expect(try reader.wish(of: name) == nil)
            #expect(try reader.name(beginning: "last") == name)
            reader.close()
            let writer = try RunStore(path: path)
            try writer.setLabels(labels("new"), of: name)
            #expect(try writer.run(name).labels.name == "new")
            writer.close()
        }
    }
}
