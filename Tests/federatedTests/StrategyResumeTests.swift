import Datasets
import Federation
import FederationStore
import Foundation
import LocalTraining
import NeuralNetworks
import Synchronization
import Tensors
import Testing
import federated

@Suite("What strategies know survives a process")
struct StrategyResumeTests {
    private static let dataset = GeneratedDigits.dataset(
        seed: 2, trainCount: 600, testCount: 200, threads: 2)

    /// Settings of a run with a cohort and drop-outs.
    private func settings(_ strategy: StrategyName) -> ExperimentSettings {
        var settings = ExperimentSettings()
        settings.strategy = strategy
        settings.model = .logisticRegression
        settings.experiment = .unequalRandom
        settings.samples = 40
        settings.clients = 12
        settings.cohort = .count(4)
        settings.dropoutBefore = 0.1
        settings.dropoutAfter = 0.2
        settings.rounds = 5
        settings.epochs = 1.5
        settings.learningRate = 0.05
        settings.noClientEvaluation = true
        return settings
    }

    private struct Killed: Error {}

    /// Runs with a store until the process is lost in the round after `last`.
    private func run(
        _ settings: ExperimentSettings, store path: String, name: String?, until last: Int
    ) throws -> (name: String, result: RunResult, known: [FederationState]) {
        let store = try RunStore(path: path)
        defer { store.close() }
        let known = Mutex<[FederationState]>([])
        let begun = Mutex<String>("")
        let resumed = try name.map { _ in try #require(try ResumedRun(last: "run", in: store)) }
        let experiment = try ExperimentRun(
            settings, dataset: Self.dataset, threads: 2, resumed: resumed
        ) { round, state in
            if round.record.round > last { throw Killed() }
            try store.commit(round, state: state, in: begun.withLock { $0 })
            known.withLock { $0.append(state) }
        }
        let run =
            try name
            ?? store.begin(
                kind: "run", header: experiment.header,
                source: ["dataset": "digits", "fingerprint": 1],
                layout: experiment.architecture.layout)
        begun.withLock { $0 = run }
        return (run, experiment.run(), known.withLock { $0 })
    }

    @Test(
        "A run that goes on from the store ends in the bits of one that was never lost",
        arguments: [StrategyName.scaffold, .fedadam, .fedyogi, .fedavgm, .fednova])
    func resumed(strategy: StrategyName) throws {
        try Command.inTemporaryFolder { folder in
            let settings = settings(strategy)
            let whole = try run(
                settings, store: folder.appending(path: "whole").path, name: nil, until: 5)
            #expect(whole.result.outcome == .completed)
            #expect(whole.known.count == 5)
            let path = folder.appending(path: "broken").path
            let broken = try run(settings, store: path, name: nil, until: 2)
            #expect(broken.result.commitError is Killed)
            #expect(broken.known == Array(whole.known.prefix(2)))
            let store = try RunStore(path: path, access: .reading)
            let kept = try #require(try store.state(of: broken.name))
            store.close()
            #expect(kept == whole.known[1])
            #expect(kept.clients.isEmpty == (strategy != .scaffold))
            let vectors: [StrategyName: Int] = [
                .scaffold: 1, .fedadam: 2, .fedyogi: 2, .fedavgm: 1, .fednova: 0,
            ]
            #expect(kept.optimizer.count == vectors[strategy])

            let again = try run(settings, store: path, name: broken.name, until: 5)
            #expect(again.result.outcome == .completed)
            #expect(again.known == Array(whole.known.suffix(3)))
            #expect(again.result.model == whole.result.model)
            #expect(again.result.rounds.map(\.record) == whole.result.rounds.map(\.record))
        }
    }
}
