import Datasets
import Experiments
import Federation
import FederationStore
import Foundation
import JSON
import Synchronization
import TestSupport
import TestThreads
import Testing
import Training

@Suite("Experiments as a program runs them", .holdsItsThread)
struct ExperimentRunTests {
    private static let data = RunData(
        GeneratedDigits.dataset(trainCount: 300, testCount: 50, threads: 1))

    private var spec: RunSpec {
        var spec = RunSpec()
        spec.model = .logisticRegression
        spec.clients = 3
        spec.rounds = 3
        spec.samples = 30
        spec.epochs = 1
        return spec
    }

    /// The server keeps its model, whatever clients send.
    private struct Deaf: ServerRule {
        func next(
            _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
        ) -> FederationState { state }
    }

    /// Client k has every third image, from the k-th on.
    private struct EveryThird: ShardSource {
        var largestShard: Int { 100 }
        var fingerprint: UInt64 { 3 }
        var populationLimit: Int? { 3 }
        func shard(client: Int, round: Int) -> [Int32] {
            (0..<100).map { Int32(3 * $0 + client) }
        }
    }

    @Test("Rounds are told as they are committed, and are the result's")
    func rounds() throws {
        let told = Mutex<[Int]>([])
        let result = try ExperimentRun(spec, data: Self.data).run { round in
            told.withLock { $0.append(round.record.round) }
        }
        #expect(told.withLock { $0 } == [1, 2, 3])
        #expect(result.outcome == .completed)
        #expect(result.accuracies.compactMap(\.self).count == 3)
        #expect(result.finalAccuracy == result.accuracies[2])
        #expect(result.bestAccuracy == result.accuracies.compactMap(\.self).max())
    }

    @Test("A listener that throws ends the run after the rounds before")
    func refused() throws {
        struct Enough: Error {}
        let result = try ExperimentRun(spec, data: Self.data).run { round in
            if round.record.round == 2 { throw Enough() }
        }
        #expect(result.rounds.count == 1)
        #expect(result.commitError is Enough)
    }

    @Test("A strategy of one's own decides the model, and the log says whose it was")
    func strategy() throws {
        let run = try ExperimentRun(
            spec, data: Self.data, strategy: Strategy("deaf", server: Deaf()))
        let result = run.run()
        #expect(result.model == run.parts.initialState.model)
        #expect(run.log(of: result).configuration.members["strategy"] == "deaf")
        // Its settings alone would make another run.
        #expect(throws: (any Error).self) { try RunSpec(configuration: run.header.configuration) }
        let named = try ExperimentRun(
            spec, data: Self.data, strategy: Strategy("FedAvg", server: Deaf()))
        #expect(named.header.configuration.members["strategy"] == "own FedAvg")
    }

    @Test("A division of one's own is what clients train on")
    func shards() throws {
        let run = try ExperimentRun(spec, data: Self.data, shards: EveryThird())
        let log = run.log(of: run.run())
        #expect(log.clientSamples[0] == [100, 100, 100])
        #expect(log.experiment == 0)
        #expect(log.configuration.members["partition"] == "own")
        #expect(log.partitionFingerprint == "0000000000000003")
        var spec = spec
        spec.clients = 4
        let error = #expect(throws: (any Error).self) {
            try ExperimentRun(spec, data: Self.data, shards: EveryThird())
        }
        let sentence = error.map { "\($0)" }
        #expect(sentence == "there are shards for 3 clients, but the federation has 4")
    }

    @Test("Arrays of one's own are data, with as many classes as they have")
    func arrays() throws {
        let labels = (0..<90).map { $0 % 3 }
        let values = labels.flatMap { label in (0..<4).map { Float($0 == label ? 1 : 0) } }
        let images = try Samples(
            values: values, labels: labels, height: 2, width: 2, classCount: 3)
        let dataset = try Dataset(name: "corners", train: images, test: images)
        var spec = spec
        spec.partition = .iid
        spec.learningRate = 0.5
        spec.epochs = 5
        let run = try ExperimentRun(spec, data: RunData(dataset))
        #expect(run.architecture.classCount == 3)
        #expect(run.spec.dataset == "corners")
        #expect(run.run().finalAccuracy == 1)
    }

    @Test("A run that is kept and interrupted goes on to the bits of one that was not")
    func kept() throws {
        struct Lost: Error {}
        let data = Self.data
        let whole = try ExperimentRun(spec, data: data).run()
        try Command.inTemporaryFolder { folder in
            let store = try RunStore(path: folder.appending(path: "store").path)
            defer { store.close() }
            let logs = LogDirectory(folder)
            let run = try ExperimentRun(spec, data: data)
            let recorder = try RunRecorder(run, store: store, logs: logs)
            let broken = run.run(keeping: recorder) { if $0.record.round == 2 { throw Lost() } }
            #expect(throws: RecordingError.self) { try recorder.end(broken) }
            let resumed = try #require(try ResumedRun(in: store))
            #expect(resumed.rounds.count == 2)
            let rest = try ExperimentRun(resumed.spec, data: data, resuming: resumed)
            let again = try RunRecorder(rest, store: store, logs: logs)
            #expect(again.name == recorder.name)
            let result = rest.run(keeping: again)
            #expect(result.model == whole.model)
            let kept = try again.end(result)
            #expect(kept.log.serverAccuracies == whole.accuracies)
            #expect(try ResumedRun(in: store) == nil)
            let found = try FoundRun.find([RunChoice("last")], store: store.path)
            #expect(found.map(\.log.serverAccuracies) == [whole.accuracies])
            #expect(found.map(\.logFile) == [kept.file?.path])
        }
    }

    @Test("Rounds stored every so many: a run goes on from the last that were, to the same bits")
    func storedTogether() throws {
        let data = Self.data
        var spec = spec
        spec.rounds = 5
        let whole = try ExperimentRun(spec, data: data).run()
        try Command.inTemporaryFolder { folder in
            let store = try RunStore(path: folder.appending(path: "store").path)
            let run = try ExperimentRun(spec, data: data)
            let recorder = try RunRecorder(run, store: store, storeEvery: 2)
            let stored = Mutex<[Int]>([])
            _ = run.run(keeping: recorder) { round in
                let count = try store.rounds(of: recorder.name).count
                stored.withLock { $0.append(count) }
                if round.record.round == 4 { run.stop() }
            }
            #expect(stored.withLock { $0.prefix(4) } == [0, 2, 2, 4])
            // As if the process were killed: the fifth round, if it was made, is not stored.
            store.close()
            let again = try RunStore(path: store.path)
            defer { again.close() }
            let resumed = try #require(try ResumedRun(in: again))
            #expect(resumed.rounds.count == 4)
            let rest = try ExperimentRun(resumed.spec, data: data, resuming: resumed)
            // The end stores what waits.
            let last = try RunRecorder(rest, store: again, storeEvery: 10)
            let result = rest.run(keeping: last)
            #expect(result.model == whole.model)
            #expect(try again.rounds(of: last.name).count == 4)
            _ = try last.end(result)
            #expect(try again.rounds(of: last.name).map(\.record) == whole.rounds.map(\.record))
            #expect(try again.state(of: last.name)?.model == whole.model)
        }
    }

    @Test("A run waits while that is wanted, stops when that is, and no bit of it changes")
    func wishes() throws {
        let data = Self.data
        let whole = try ExperimentRun(spec, data: data).run()
        try Command.inTemporaryFolder { folder in
            let store = try RunStore(path: folder.appending(path: "store").path)
            defer { store.close() }
            let run = try ExperimentRun(spec, data: data)
            let recorder = try RunRecorder(run, store: store)
            try store.setWish(.pause, of: recorder.name)
            let pauses = Mutex<[Bool]>([])
            let result = run.run(
                keeping: recorder,
                onPause: { waits in
                    pauses.withLock { $0.append(waits) }
                    guard waits else { return }
                    #expect(throws: Never.self) {
                        let found = try store.run(recorder.name)
                        #expect(found.state == .paused)
                        #expect(found.roundCount == 0)
                        try store.setWish(nil, of: recorder.name)
                    }
                })
            #expect(pauses.withLock { $0 } == [true, false])
            #expect(result.model == whole.model)
            #expect(result.rounds.map(\.record) == whole.rounds.map(\.record))
            _ = try recorder.end(result)

            let stopped = try ExperimentRun(spec, data: data)
            let second = try RunRecorder(stopped, store: store)
            try store.setWish(.stop, of: second.name)
            #expect(stopped.run(keeping: second).outcome == .interrupted)
            // Ctrl-C ends a pause, too.
            let third = try ExperimentRun(spec, data: data)
            let waiting = try RunRecorder(third, store: store)
            try store.setWish(.pause, of: waiting.name)
            let broken = third.run(keeping: waiting, onPause: { if $0 { third.stop() } })
            #expect(broken.outcome == .interrupted)
        }
    }

    @Test("A run that is over goes on for longer, to the bits of one that was meant to")
    func extended() throws {
        struct Lost: Error {}
        let data = Self.data
        var longer = spec
        longer.rounds = 6
        let whole = try ExperimentRun(longer, data: data).run()
        try Command.inTemporaryFolder { folder in
            let store = try RunStore(path: folder.appending(path: "store").path)
            defer { store.close() }
            var shorter = spec
            shorter.rounds = 2
            // Anything is better: the first round is enough.
            shorter.targetAccuracy = 1e-9
            let run = try ExperimentRun(shorter, data: data)
            let recorder = try RunRecorder(run, store: store)
            #expect(try recorder.end(run.run(keeping: recorder)).log.outcome.hasPrefix("target"))
            let name = recorder.name
            #expect(throws: StoreError.runIsOver(name, outcome: "target accuracy reached")) {
                try ResumedRun(name, in: store)
            }
            #expect(throws: StoreError.runIsOver(name, outcome: "target accuracy reached")) {
                try ResumedRun(name, in: store, rounds: 2)
            }
            #expect(
                throws: ResumeError.fewerRounds(run: name, rounds: 1, planned: 2, committed: 1)
            ) { try ResumedRun(name, in: store, rounds: 1) }
            let resumed = try ResumedRun(name, in: store, rounds: 6)
            #expect(resumed.spec.targetAccuracy == nil)
            let rest = try ExperimentRun(resumed.spec, data: data, resuming: resumed)
            let again = try RunRecorder(rest, store: store)
            #expect(again.name == name)
            let broken = rest.run(keeping: again) { if $0.record.round == 4 { throw Lost() } }
            #expect(throws: RecordingError.self) { try again.end(broken) }
            // As long as it was extended to.
            let last = try #require(try ResumedRun(in: store))
            #expect(last.spec.rounds == 6)
            let end = try ExperimentRun(last.spec, data: data, resuming: last)
            let kept = try RunRecorder(end, store: store)
            let result = end.run(keeping: kept)
            #expect(result.model == whole.model)
            #expect(result.accuracies == whole.accuracies)
            let log = try kept.end(result).log
            #expect(log.maxRound == 6)
            #expect(try store.run(name).stateText == "completed")
            #expect(try store.run(name).header.maxRound == 6)

            var falling = spec
            falling.schedule = LearningRateSchedule(.cosine(final: 0))
            let scheduled = try ExperimentRun(falling, data: data)
            let other = try RunRecorder(scheduled, store: store)
            _ = try other.end(scheduled.run(keeping: other))
            #expect(
                throws: ResumeError.schedule(
                    run: other.name, "cosine", planned: falling.rounds)
            ) { try ResumedRun(other.name, in: store, rounds: 9) }
            // It is free for others again.
            #expect(store.holder(of: other.name) == nil)
        }
    }

    @Test("A run is gone on with on its own data alone")
    func otherData() throws {
        let data = Self.data
        try Command.inTemporaryFolder { folder in
            let store = try RunStore(path: folder.appending(path: "store").path)
            defer { store.close() }
            let run = try ExperimentRun(spec, data: data)
            let name = try RunRecorder(run, store: store).name
            store.release(name)
            let resumed = try #require(try ResumedRun(in: store))
            let other = RunData(
                GeneratedDigits.dataset(seed: 9, trainCount: 300, testCount: 50, threads: 1))
            #expect(
                throws: ResumeError.otherData(run: name, origin: "generated digits, seed 9")
            ) { try ExperimentRun(resumed.spec, data: other, resuming: resumed) }
        }
    }

    @Test("A sweep over seeds: each in its place, mean and spread")
    func sweep() throws {
        let data = Self.data
        let specs = (1...4).map { seed in
            var spec = spec
            spec.seed = UInt64(seed)
            return spec
        }
        let words = Mutex<[String]>([])
        let done = try Sweep(specs, data: data).run { event in
            if case .ended(let run) = event { words.withLock { $0.append(run.run.words) } }
        }
        #expect(words.withLock { $0.sorted() } == ["run 1", "run 2", "run 3", "run 4"])
        let alone = try specs.map { try ExperimentRun($0, data: data).run().finalAccuracy }
        #expect(done.map(\.finalAccuracy) == alone)
        #expect(Set(alone).count > 1)
    }

    @Test("Mean and spread of numbers")
    func spread() throws {
        #expect(Spread([]) == nil)
        let one = try #require(Spread([0.5]))
        #expect(one.mean == 0.5 && one.standardDeviation == 0 && one.range == 0.5...0.5)
        let spread = try #require(Spread([2, 4, 4, 4, 5, 5, 7, 9]))
        #expect(spread.mean == 5)
        #expect(abs(spread.standardDeviation - (32.0 / 7).squareRoot()) < 1e-12)
        #expect(spread.range == 2...9)
        #expect("\(try #require(Spread([0.5, 0.7])))" == "0.6000 ± 0.1414 (0.5000 – 0.7000)")
    }
}
