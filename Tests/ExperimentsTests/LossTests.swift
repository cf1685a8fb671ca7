import Datasets
import Experiments
import Federation
import FederationStore
import Foundation
import JSON
import NeuralNetworks
import TestSupport
import TestThreads
import Testing

@Suite("Losses and tasks of runs", .holdsItsThread)
struct LossTests {
    private var spec: RunSpec {
        var spec = RunSpec()
        spec.model = .logisticRegression
        spec.clients = 3
        spec.rounds = 2
        spec.samples = 30
        spec.epochs = 1
        return spec
    }

    /// Rows of two features, and of each the class of `classes` that its first one says.
    private func data(classes: Int, owners: Bool = false) throws -> RunData {
        func samples(_ count: Int) throws -> Samples {
            try Samples(
                features: (0..<count).flatMap { [Float($0 % classes), Float($0 % 7) / 7] },
                featureCount: 2, labels: (0..<count).map { $0 % classes }, classCount: classes)
        }
        var dataset = try Dataset(
            name: "rows", train: samples(40 * classes), test: samples(20 * classes))
        dataset.classNames = (0..<classes).map { "kind \($0)" }
        if owners {
            dataset.owners = SampleOwners(
                names: ["a", "b"], train: (0..<40 * classes).map { Int32($0 % 2) },
                test: (0..<20 * classes).map { Int32($0 % 2) })
        }
        return RunData(dataset)
    }

    /// Rows of two features, and of each a number.
    private func numbers() throws -> RunData {
        func samples(_ count: Int) throws -> Samples {
            let rows = (0..<count).map { (Float($0 % 5) / 5, Float($0 % 7) / 7) }
            return try Samples(
                values: rows.flatMap { [$0.0, $0.1] }, shape: [2],
                targets: rows.map { 2 * $0.0 - $0.1 }, targetCount: 1)
        }
        return RunData(try Dataset(name: "numbers", train: samples(140), test: samples(70)))
    }

    private func refusal(_ spec: RunSpec, _ data: RunData) -> String? {
        do {
            _ = try ExperimentRun(spec, data: data, threads: 1)
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: What is refused

    @Test("Labels are smoothed for softmax cross-entropy alone, by 0 up to 1")
    func smoothing() throws {
        var spec = RunSpec()
        spec.labelSmoothing = 0.1
        #expect(try spec.validated().labelSmoothing == 0.1)
        for kind in [Loss.Kind.sigmoidCrossEntropy, .squaredError] {
            spec.loss = kind
            let error = #expect(throws: SettingsError.self) { try spec.validated() }
            #expect(
                "\(error!)"
                    == "label smoothing of 0.1 belongs to softmax-cross-entropy: the loss is "
                    + kind.rawValue)
        }
        spec.labelSmoothing = 0
        #expect(try spec.validated().labelSmoothing == nil)
        for value in [-0.1, 1, Float.nan] {
            spec.labelSmoothing = value
            let error = #expect(throws: SettingsError.self) { try spec.validated() }
            #expect("\(error!)".hasPrefix("--label-smoothing must be at least 0 and below 1"))
        }
    }

    @Test("A loss that is not of the data's kind is refused before any training")
    func kinds() throws {
        var spec = spec
        spec.loss = .squaredError
        #expect(
            refusal(spec, try data(classes: 3))
                == "the loss squared-error is of numbers, and the data have 3 classes: take "
                + "softmax-cross-entropy or sigmoid-cross-entropy")
        spec.partition = .iid
        for kind in [Loss.Kind.softmaxCrossEntropy, .sigmoidCrossEntropy] {
            spec.loss = kind
            #expect(
                refusal(spec, try numbers())
                    == "the loss \(kind.rawValue) is of classes, and the data have a number to be "
                    + "predicted of each sample: take squared-error")
        }
        spec.loss = nil
        spec.labelSmoothing = 0.5
        #expect(
            refusal(spec, try numbers())
                == "label smoothing of 0.5 belongs to softmax-cross-entropy: the loss is "
                + "squared-error")
    }

    // MARK: What runs

    @Test("With sigmoid cross-entropy named models have one output for two classes, K for more")
    func outputs() throws {
        var spec = spec
        for (classes, kind, outputs) in [
            (2, Loss.Kind.sigmoidCrossEntropy, 1), (2, .softmaxCrossEntropy, 2),
            (5, .sigmoidCrossEntropy, 5),
        ] {
            spec.loss = kind
            let run = try ExperimentRun(spec, data: try data(classes: classes), threads: 1)
            #expect(run.architecture.parameterCount == 3 * outputs)
            #expect(run.parts.loss == Loss(kind))
            let log = run.log(of: run.run())
            #expect(log.outcome == "completed")
            #expect(log.classResults?.accuracies.count == classes)
            #expect(log.classResults?.confusion?.count == classes)
            #expect(log.classNames == (0..<classes).map { "kind \($0)" })
            #expect((log.roundMetrics["auc"] != nil) == (classes == 2))
            #expect(log.roundMetrics["top_5_accuracy"] == nil)
        }
    }

    @Test("A run on numbers says R² where others say accuracy, everywhere")
    func regression() throws {
        var spec = spec
        spec.partition = .iid
        spec.rounds = 20
        spec.learningRate = 0.1
        spec.targetAccuracy = 0.9
        let run = try ExperimentRun(spec, data: try numbers(), threads: 2)
        let result = run.run()
        guard case .reachedTarget = result.outcome else {
            Issue.record("it ended as \(result.outcome)")
            return
        }
        let log = try RunLog(decoding: run.log(of: result).encoded())
        #expect(log.score == .r2)
        #expect(log.classResults == nil)
        #expect(Set(log.roundMetrics.keys) == ["mean_absolute_error", "mean_squared_error"])
        #expect(log.serverAccuracies.compactMap(\.self).max() ?? 0 >= 0.9)
        #expect(log.closing[0].value.hasPrefix("R² 0.9"))
        #expect(log.clientLines[0].contains("R²"))
        #expect(RoundRow(width: nil, score: log.score).heading.contains("server R²"))
        #expect(!RoundRow(width: nil, score: log.score).heading.contains("accurac"))
        #expect(!RoundRow(width: nil, score: log.score).text(0, of: log).contains("%"))
        let state = RunReport.state(of: log, name: "r")
        #expect(state.run.json.members["score"] == "R²")
        #expect(state.results?.metrics.count == 2)
    }

    @Test("Owners of test samples are measured one by one")
    func owners() throws {
        let run = try ExperimentRun(spec, data: try data(classes: 3, owners: true), threads: 1)
        let log = run.log(of: run.run())
        for name in ["clients_mean_accuracy", "worst_decile_accuracy", "balanced_accuracy"] {
            #expect(log.roundMetrics[name]?.count == 2)
            #expect(log.roundMetrics[name]?.compactMap(\.self).count == 2)
        }
        #expect(log.measures.map(\.name).contains("worst decile accuracy"))
        #expect(log.classLine?.hasPrefix("kind 0 ") == true)
        let table = RoundsTable(log, run: "r")
        let places = ["clients_mean_accuracy", "worst_decile_accuracy"].compactMap(
            RoundsTable.columns.firstIndex(of:))
        #expect(places.count == 2)
        #expect(table.rows.last.map { row in places.allSatisfy { row[$0] != .null } } == true)
        let classes = try #require(log.classesCSV).split(separator: "\n")
        #expect(classes[0] == "class,samples,accuracy,as kind 0,as kind 1,as kind 2")
        #expect(classes.dropFirst().map { $0.prefix(6) } == ["kind 0", "kind 1", "kind 2"])
    }

    @Test("Experiments go by the data's classes, more or fewer than ten")
    func classCounts() throws {
        var spec = spec
        spec.rounds = 1
        for classes in [2, 12] {
            for experiment in Experiment.allCases {
                spec.experiment = experiment
                spec.samples = max(2, classes)
                #expect(refusal(spec, try data(classes: classes)) == nil, "\(experiment)")
            }
            spec.experiment = .uniform
            spec.samples = classes - 1
            let said = try #require(refusal(spec, try data(classes: classes)))
            #expect(said.contains("\(classes)"), "\(said)")
        }
        // Where the data are not there yet, ten are what MNIST has, and a folder may have any number.
        spec.samples = 9
        #expect(throws: SettingsError.self) { try spec.validated() }
        spec.dataset = "some/folder"
        #expect(throws: Never.self) { try spec.validated() }
        spec.partition = .labels(perClient: 60)
        #expect(throws: Never.self) { try spec.validated() }
        spec.dataset = "digits"
        #expect(throws: SettingsError.self) { try spec.validated() }
    }

    @Test("Of many classes a table of clients says how many and which, and no more")
    func division() throws {
        let wide = try data(classes: 62).dataset
        let shards = try Partition.labels(perClient: 2).divide(wide.train, among: 31, seed: 1)
        let division = Division(.labels(perClient: 2), shards, of: wide, seed: 1)
        #expect(division.columns == ["client", "images", "classes", "most of class"])
        for row in division.rows { #expect(row.count == 4) }
        #expect(division.rows[0][2] == "2")
        let narrow = try data(classes: 20).dataset
        let few = Division(
            .iid, try Partition.iid.divide(narrow.train, among: 2, seed: 1), of: narrow, seed: 1)
        #expect(few.columns.count == 22)
        for row in few.rows { #expect(row.count == 22) }
    }

    @Test("Gone on with, a run has the metrics and classes of one that never stopped")
    func resumed() throws {
        var spec = spec
        spec.rounds = 4
        spec.evaluateEvery = 2
        let data = try data(classes: 3, owners: true)
        let whole = try ExperimentRun(spec, data: data, threads: 1)
        let expected = whole.log(of: whole.run())
        struct Enough: Error {}
        try Command.inTemporaryFolder { folder in
            let store = try RunStore(path: folder.appending(path: "store").path)
            defer { store.close() }
            let first = try ExperimentRun(spec, data: data, threads: 1)
            let recorder = try RunRecorder(first, store: store)
            let broken = first.run(keeping: recorder) {
                if $0.record.round == 3 { throw Enough() }
            }
            #expect(throws: RecordingError.self) { try recorder.end(broken) }
            let resumed = try #require(try ResumedRun(in: store))
            #expect(resumed.rounds.map { $0.classes != nil } == [false, true, false])
            let rest = try ExperimentRun(resumed.spec, data: data, threads: 2, resuming: resumed)
            let again = try RunRecorder(rest, store: store)
            let kept = try again.end(rest.run(keeping: again)).log
            for log in [kept, try store.log(of: again.name)] {
                #expect(log.roundMetrics == expected.roundMetrics)
                #expect(log.classResults == expected.classResults)
                #expect(log.classNames == expected.classNames)
            }
            #expect(expected.classResults != nil)
            #expect(expected.roundMetrics.count == 3)
        }
    }
}
