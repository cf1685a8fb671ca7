import Commands
import Datasets
import Experiments
import Federation
import FederationStore
import Foundation
import JSON
import NeuralNetworks
import PinnedModels
import Synchronization
import TestSupport
import TestThreads
import Testing
import Training

@Suite("Runs that are broken off after each round and resumed from the store", .holdsItsThread)
struct PinnedResumeTests {
    private struct Lost: Error {}

    @Test("They end in the pinned bits of those that never were")
    func broken() throws {
        guard CommonArithmetic.isHere else {
            let tests = try CommonArithmetic.run(tests: "federatedTests.PinnedResumeTests")
            #expect(tests.status == 0, "\(tests.output)")
            return
        }
        try Command.inTemporaryFolder { folder in
            let dataset = try Dataset(folder: SmallImages.write(to: folder))
            for model in PinnedModel.all(.broken) {
                let settings = try SimulationOptions.parse(model.options).settings(
                    dataset: dataset.name)
                let store = folder.appending(path: model.name).path
                var (lives, name) = (0, String?.none)
                while true {
                    let life = try live(settings, dataset, store: store, name, until: lives + 1)
                    (lives, name) = (lives + 1, life.name)
                    if life.run.commitError is Lost { continue }
                    #expect(life.result == model.result, "\(model.name)")
                    break
                }
                #expect(lives == model.result?.rounds, "\(model.name)")
                // Lost between the last round and the note that the run is over.
                let after = try live(settings, dataset, store: store, name, until: 0)
                #expect(after.result == model.result, "\(model.name)")
            }
        }
    }

    /// Goes on with a run, or begins it, until it is lost in the round after `last`.
    private func live(
        _ settings: RunSpec, _ dataset: Dataset, store path: String, _ name: String?,
        until last: Int
    ) throws -> (name: String, run: RunResult, result: PinnedModel.Result) {
        let store = try RunStore(path: path)
        defer { store.close() }
        let begun = Mutex(name ?? "")
        let resumed = try name.map { _ in try #require(try ResumedRun(last: "run", in: store)) }
        let experiment = try ExperimentRun(
            settings, data: RunData(dataset), threads: 2, resuming: resumed)
        let name =
            try name
            ?? store.begin(
                kind: "run", header: experiment.header,
                source: JSONValue(encoding: experiment.data.source),
                layout: experiment.architecture.layout)
        begun.withLock { $0 = name }
        let run = experiment.run { round, state in
            if round.record.round > last { throw Lost() }
            try store.commit(round, state: state, in: begun.withLock { $0 })
        }
        return (
            name, run,
            PinnedModel.Result(
                model: SafeTensors.encode(
                    run.model, layout: experiment.architecture.layout,
                    metadata: ["format": "pt", "model": settings.model.name]),
                rounds: run.rounds.count, outcome: "\(run.outcome)")
        )
    }
}
