import Datasets
import Experiments
import Federation
import FederationStore
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

@Suite("Lists of runs", .holdsItsThread)
struct RunListTests {
    private static let data = RunData(
        GeneratedDigits.dataset(trainCount: 300, testCount: 50, threads: 1))

    private func spec(_ change: (inout RunSpec) -> Void = { _ in }) -> RunSpec {
        var spec = RunSpec()
        spec.model = .logisticRegression
        spec.clients = 3
        spec.rounds = 3
        spec.samples = 30
        spec.epochs = 1
        change(&spec)
        return spec
    }

    @discardableResult
    private func run(
        _ spec: RunSpec, in store: RunStore, _ labels: RunLabels? = nil
    ) throws -> (id: String, log: RunLog) {
        let run = try ExperimentRun(spec, data: Self.data)
        let recorder = try RunRecorder(run, store: store, labels: labels)
        return (recorder.name, try recorder.end(run.run(keeping: recorder)).log)
    }

    private func inStore(_ body: (RunStore) throws -> Void) throws {
        try Command.inTemporaryFolder { folder in
            let store = try RunStore(path: folder.appending(path: "store").path)
            defer { store.close() }
            try body(store)
        }
    }

    @Test("What came to a bad end may be tried again; after a good one it only goes on for longer")
    func triedAgain() {
        for state in [StoredRun.State.failed, .diverged, .interrupted, .unfinished] {
            let actions = RunRow.actions(state, wish: nil, kind: "run")
            #expect(actions.contains(.resume) && actions.contains(.extend), "\(state)")
            // What serves is begun again in a terminal.
            #expect(!RunRow.actions(state, wish: nil, kind: "serve").contains(.resume), "\(state)")
        }
        for state in [StoredRun.State.completed, .target, .stalled] {
            let actions = RunRow.actions(state, wish: nil, kind: "run")
            #expect(!actions.contains(.resume) && actions.contains(.extend), "\(state)")
        }
    }

    @Test("A row says of a run what its log does")
    func rows() throws {
        try inStore { store in
            let plain = try run(
                spec { $0.experiment = .equalRandom }, in: store,
                RunLabels(name: "base", tags: ["a", "b"], note: "why"))
            let other = try run(
                spec {
                    $0.partition = .dirichlet(alpha: 0.5)
                    $0.strategy = .fedprox
                    $0.mu = 0.5
                    $0.evaluateEvery = 2
                    $0.cohort = CohortSize(argument: "2")
                    $0.seed = .max
                }, in: store)
            let rows = try RunRow.all(in: store)
            #expect(rows.map(\.id) == [plain.id, other.id])
            let stored = try store.runs()
            for (row, run) in zip(rows, stored) {
                #expect(row.strategy == run.header.strategyWords)
                #expect(row.data == run.header.datasetWords)
                #expect(row.division == run.header.divisionWords)
                #expect(row.accuracy == run.lastAccuracy)
                #expect(row.state == .completed && row.stateText == "completed")
                #expect(row.labels == run.labels)
                #expect(row.planned == 3 && row.rounds == 3)
            }
            #expect(rows[0].title == "Experiment 2 · equal random")
            #expect(rows[1].title == "Partition dirichlet:0.5")
            #expect(rows[1].cohort == 2 && rows[1].clients == 3 && rows[1].seed == .max)
            #expect(rows[0].spark == plain.log.serverAccuracies)
            #expect(rows[1].spark == other.log.serverAccuracies)
            #expect(rows[1].spark[0] == nil)
            #expect(rows[0].best == plain.log.serverAccuracies.compactMap(\.self).max())
            #expect(rows[0].loss == plain.log.serverLosses[2])
            #expect(rows[0].actions == [.rename, .tag, .note, .extend, .remove])
            let json = rows[0].json.members
            #expect(json["tags"] == ["a", "b"] && json["name"] == "base" && json["note"] == "why")
            #expect(rows[1].json.members["name"] == .null)
            #expect(rows[1].json.members["seed"] == JSONValue(UInt64.max))
        }
    }

    @Test("Whoever follows a list is told what has changed since")
    func changes() throws {
        try inStore { store in
            let list = RunList(store)
            #expect(try !list.refresh())
            #expect(list.changes().revision == 0 && list.changes().rows.isEmpty)
            let first = try run(spec(), in: store).id
            let second = try run(spec(), in: store).id
            #expect(try list.refresh())
            #expect(list.changes().rows.map(\.id) == [first, second])
            let revision = list.changes().revision
            #expect(try !list.refresh())
            #expect(list.changes(since: revision).rows.isEmpty)
            try store.setLabels(RunLabels(note: "new"), of: first)
            #expect(try list.refresh())
            #expect(list.changes(since: revision).rows.map(\.labels.note) == ["new"])
            let run = try ExperimentRun(spec(), data: Self.data)
            let recorder = try RunRecorder(run, store: store)
            #expect(try list.refresh())
            #expect(list.changes(since: revision).rows.map(\.state) == [.completed, .running])
            #expect(list.changes(since: revision).rows.last?.actions.contains(.pause) == true)
            let before = list.changes().revision
            try store.setWish(.pause, of: recorder.name)
            #expect(try list.refresh())
            #expect(list.changes(since: before).rows.map(\.id) == [recorder.name])
            store.release(recorder.name)
            try store.remove(second)
            #expect(try list.refresh())
            let after = list.changes(since: before)
            #expect(after.removed == [second])
            #expect(after.rows.map(\.state) == [.unfinished])
            // A reader of another life of the list is told all.
            #expect(list.changes(since: 1_000).rows.count == 2)
        }
    }

    @Test("Filters and sorting take what they say")
    func filters() throws {
        try inStore { store in
            let ids = try [1, 2, 3].map { seed in
                try run(
                    spec {
                        $0.seed = UInt64(seed)
                        if seed == 2 { $0.strategy = .fedprox }
                    }, in: store,
                    RunLabels(name: seed == 3 ? nil : "Run \(3 - seed)", tags: ["t\(seed)", "all"])
                ).id
            }
            let rows = try RunRow.all(in: store, hasSparks: false)
            func found(_ text: String) throws -> [Int] {
                let filter = try RunFilter(text)
                return rows.filter(filter.matches).map { ids.firstIndex(of: $0.id) ?? -1 }
            }
            #expect(try found("") == [0, 1, 2])
            #expect(try found("tag:t1") == [0])
            #expect(try found("tag:t") == [])
            #expect(try found("TAG:ALL -tag:t1") == [1, 2])
            #expect(try found("prox") == [1])
            #expect(try found("\"run 2\"") == [0])
            #expect(try found("run 2") == [0, 1].filter { $0 == 0 || ids[$0].contains("2") })
            #expect(try found("state:completed seed>=2 seed!=3") == [1])
            #expect(try found("accuracy>1") == [])
            #expect(try found("accuracy<=1 rounds=3 clients<4") == [0, 1, 2])
            func refusal(_ text: String) -> String? {
                do {
                    _ = try RunFilter(text)
                    return nil
                } catch { return error.description }
            }
            #expect(
                refusal("colour:red")?.hasPrefix("runs have no “colour” to filter by: id, ") == true
            )
            #expect(refusal("name>3")?.hasPrefix("runs have no number “name”: accuracy, ") == true)
            #expect(
                refusal("seed>x") == "“seed>x” compares with “x”: a number was expected")
            func sorted(_ text: String) -> [Int]? {
                RunSorting(text)?.sorted(rows).map { ids.firstIndex(of: $0.id) ?? -1 }
            }
            #expect(sorted("seed:desc") == [2, 1, 0])
            #expect(sorted("name") == [1, 0, 2])
            #expect(sorted("name:desc") == [0, 1, 2])
            #expect(sorted("rounds") == [0, 1, 2])
            #expect(sorted("nothing") == nil && sorted("seed:down") == nil)
        }
    }

    @Test(
        "The command that repeats a run says what is not at its default, and gives the same settings",
        arguments: [
            [:], ["seed": 7, "learning_rate": 0.5], ["strategy": "fedsgd", "rounds": 4],
            ["partition": "dirichlet:0.5", "cohort": 3],
            ["steps": 4, "no_client_evaluation": true],
            ["schedule": "warmup:5+cosine", "momentum": 0.9, "nesterov": true],
        ] as [[String: JSONValue]])
    func repeated(members: [String: JSONValue]) throws {
        let spec = try RunSpec(GivenSettings(members))
        let words = spec.shortestArguments
        #expect(words.count <= 2 * members.count, "\(words)")
        var given = GivenSettings()
        var index = 0
        while index < words.count {
            let parts = words[index].split(separator: "=", maxSplits: 1).map(String.init)
            let setting = try #require(RunSpec.settings.first { $0.option == parts[0] })
            if setting.kind == .flag {
                given[setting.name] = true
            } else if parts.count == 2 {
                given[setting.name] = try setting.json(word: parts[1])
            } else {
                index += 1
                given[setting.name] = try setting.json(word: words[index])
            }
            index += 1
        }
        #expect(try RunSpec(given) == spec, "\(words)")
    }
}
