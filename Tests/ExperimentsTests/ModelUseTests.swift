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

@Suite("Trained models, used", .holdsItsThread)
struct ModelUseTests {
    private static let data = RunData(
        GeneratedDigits.dataset(trainCount: 300, testCount: 120, threads: 1))

    private var spec: RunSpec {
        var spec = RunSpec()
        spec.model = .logisticRegression
        spec.clients = 3
        spec.rounds = 2
        spec.samples = 60
        spec.epochs = 2
        return spec
    }

    /// Runs and keeps a run in a store and as a log.
    private func kept(
        _ spec: RunSpec, _ data: RunData, in folder: URL
    ) throws -> (name: String, store: String, log: URL, run: RunLog) {
        let path = folder.appending(path: "s.sqlite").path
        let store = try RunStore(path: path)
        defer { store.close() }
        let run = try ExperimentRun(spec, data: data, threads: 1)
        let recorder = try RunRecorder(run, store: store, logs: LogDirectory(folder))
        let end = try recorder.end(run.run(keeping: recorder))
        return (recorder.name, path, try #require(end.file), end.log)
    }

    private func inFolder(_ body: (URL) throws -> Void) throws {
        try Command.inTemporaryFolder(body)
    }

    @Test(
        "A model has in its last test the numbers that the run's log has of it",
        arguments: [1.0, 0.3], [ScalingChoice.unit, .standard])
    func sameNumbers(fraction: Double, scaling: ScalingChoice) throws {
        try inFolder { folder in
            var spec = spec
            spec.evaluationFraction = fraction
            spec.scaling = scaling == .unit ? nil : scaling
            let (name, store, log, run) = try kept(spec, Self.data, in: folder)
            let data = Self.data.dataset.scaled(scaling)
            for argument in [name, "last", log.path] {
                let source = try ModelSource(argument, store: store)
                #expect(source.metadata.architecture != nil)
                #expect(source.metadata.round == 2)
                #expect(source.metadata.division == "experiment 1")
                #expect(source.metadata.strategy == "fedavg")
                #expect(source.metadata.seed == 1)
                let model = try source.model(on: data.test)
                let found = ModelEvaluation(
                    of: model, on: RunData(data), asIn: source.spec, threads: 2)
                #expect(found.evaluation.accuracy == run.serverAccuracies.last)
                #expect(found.evaluation.loss == run.serverLosses.last)
                #expect(source.metadata.score == run.serverAccuracies.last)
                #expect(found.evaluation.count == (fraction == 1 ? 120 : 36))
                #expect(found.evaluation.classes?.confusion == run.classResults?.confusion)
                #expect(
                    found.mistakeCount
                        == found.evaluation.count
                        - (found.evaluation.classes?.correct.reduce(0, +) ?? 0))
                #expect(found.calibration?.count == found.evaluation.count)
            }
            // The file says of itself all that it takes, the means and deviations among it.
            let file = log.deletingPathExtension().appendingPathExtension("safetensors").path
            let source = try ModelSource(file, store: store)
            #expect(source.run == nil)
            #expect(source.metadata.scaling == data.test.scaling)
            let model = try source.model(on: data.test)
            let whole = ModelEvaluation(of: model, on: Self.data, threads: 1)
            #expect(whole.evaluation.count == 120)
            if fraction == 1 { #expect(whole.evaluation.accuracy == run.serverAccuracies.last) }
            // What the store exports is the log's file.
            let exported = try FoundRun.find([.stored(name)], store: store)[0].model(store: store)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data(exported))
        }
    }

    @Test("Mistakes are the most confident first, and samples are the test samples' numbers")
    func mistakes() throws {
        try inFolder { folder in
            let (name, store, _, _) = try kept(spec, Self.data, in: folder)
            let source = try ModelSource(name, store: store)
            let test = Self.data.dataset.test
            let found = ModelEvaluation(of: try source.model(on: test), on: Self.data, threads: 1)
            #expect(!found.mistakes.isEmpty)
            #expect(
                found.mistakes.map(\.confidence) == found.mistakes.map(\.confidence).sorted(by: >))
            for mistake in found.mistakes {
                #expect(Int(test.labels[mistake.index]) == mistake.truth)
                #expect(mistake.guess != mistake.truth)
            }
            // The picture's images are the samples', to be seen again as they were.
            let picture = try #require(found.pictureJSON).members
            guard case .array(let shown)? = picture["mistakes"],
                case .string(let text)? = shown.first?.members["image"]
            else {
                Issue.record("no mistakes in \(picture.keys)")
                return
            }
            let prefix = "data:image/png;base64,"
            #expect(text.hasPrefix(prefix))
            let bytes = try #require(Data(base64Encoded: String(text.dropFirst(prefix.count))))
            let image = try PNGFile(Array(bytes), width: 28, height: 28, file: "image")
            let index = found.mistakes[0].index
            #expect(image.pixels == Array(test.pixels[index * 784..<(index + 1) * 784]))
        }
    }

    @Test("Files of the test samples are predicted as the test takes them, whatever their form")
    func predictions() throws {
        try inFolder { folder in
            var spec = spec
            spec.scaling = .standard
            let (_, store, log, _) = try kept(spec, Self.data, in: folder)
            let file = log.deletingPathExtension().appendingPathExtension("safetensors").path
            let model = try ModelSource(file, store: store).model()
            let test = Self.data.dataset.test
            let images = folder.appending(path: "images").path
            try Data(
                [0, 0, 8, 3, 0, 0, 0, 120, 0, 0, 0, 28, 0, 0, 0, 28] + test.pixels
            ).write(to: URL(fileURLWithPath: images))
            let picture = folder.appending(path: "7.png").path
            try Data(try #require(test.picture(7))).write(to: URL(fileURLWithPath: picture))
            let found = try ModelPredictions(of: model, on: [images, picture], threads: 2)
            #expect(found.predictions.count == 121)
            let right = found.predictions.prefix(120).filter {
                $0.label == Int(test.labels[$0.index])
            }
            let tested = ModelEvaluation(of: model, on: Self.data, threads: 1)
            #expect(right.count == tested.evaluation.classes?.correct.reduce(0, +))
            // Sums of other lengths of a batch may differ in their last bits.
            for (one, other) in zip(found.predictions[120].numbers, found.predictions[7].numbers) {
                #expect(abs(one - other) < 1e-6)
            }
            for row in found.predictions {
                #expect(abs(row.numbers.reduce(0, +) - 1) < 1e-12)
                #expect(row.probability == row.numbers.max())
            }
            let lines = found.csv(all: true).split(separator: "\n")
            #expect(
                lines[0]
                    == "file,sample,class,probability,p(0),p(1),p(2),p(3),p(4),p(5),p(6),p(7),p(8),p(9)"
            )
            #expect(lines.count == 122)
            #expect(lines[121].hasPrefix("\(picture),0,"))
        }
    }

    @Test("Numbers: R² and loss are the log's, and the worst predictions come first")
    func numbers() throws {
        try inFolder { folder in
            let features = (0..<400).map { Float(($0 * 7919) % 101) / 50 - 1 }
            let targets = (0..<200).map { features[2 * $0] * 2 - features[2 * $0 + 1] }
            let samples = try Samples(
                values: features, shape: [2], targets: targets, targetCount: 1)
            let data = RunData(try Dataset(name: "numbers", train: samples, test: samples))
            var spec = spec
            spec.partition = .iid
            spec.samples = RunSpec().samples
            spec.learningRate = 0.1
            let (name, store, _, run) = try kept(spec, data, in: folder)
            let source = try ModelSource(name, store: store)
            let model = try source.model(on: samples)
            #expect(model.predictsNumbers)
            let found = ModelEvaluation(of: model, on: data, asIn: source.spec, threads: 2)
            #expect(found.evaluation.accuracy == run.serverAccuracies.last)
            #expect(found.evaluation.loss == run.serverLosses.last)
            #expect(found.calibration == nil)
            #expect(found.misses.count == ModelEvaluation.shown)
            #expect(
                found.misses.map(\.squaredError) == found.misses.map(\.squaredError).sorted(by: >))
            #expect(found.json.members["r2"]?.double == run.serverAccuracies.last ?? nil)
            #expect(found.pictureJSON == nil)
        }
    }

    @Test("The calibration error is Guo's, bins closed above")
    func calibration() {
        // Bin 7 of (0.6, 0.7]: two, one right; bin 10: two, both right.
        let found = Calibration([
            (confidence: 0.7, isRight: true), (0.65, false), (0.95, true), (1, true),
        ])
        #expect(found.bins.map(\.count) == [0, 0, 0, 0, 0, 0, 2, 0, 0, 2])
        #expect(found.bins[6].accuracy == 0.5)
        #expect(abs(found.expectedError - (0.5 * abs(0.5 - 0.675) + 0.5 * abs(1 - 0.975))) < 1e-12)
        #expect(Calibration([]).expectedError == 0)
        #expect(Calibration([(0, false), (.nan, false)]).bins[0].count == 2)
    }

    @Test("Files that are no models, or of other layers, get a sentence")
    func refused() throws {
        try inFolder { folder in
            func sentence(_ argument: String, _ model: ModelChoice? = nil) -> String {
                do {
                    let source = try ModelSource(argument, store: folder.path + "/none")
                    _ = try source.model(model, on: Self.data.dataset.test)
                    return "nothing is wrong"
                } catch {
                    return "\(error)".replacing(folder.path + "/", with: "")
                }
            }
            let architecture = try ModelChoice.logisticRegression.architecture(
                input: .image(height: 28, width: 28, channels: 1))
            let file = folder.appending(path: "w.safetensors")
            func write(_ metadata: [String: String]) throws {
                try SafeTensors.write(
                    architecture.initialParameters(seed: 1), layout: architecture.layout,
                    metadata: metadata, to: file)
            }
            try write([:])
            #expect(
                sentence(file.path)
                    == "w.safetensors does not say which layers its tensors belong to: say it with "
                    + "--model, a name or an architecture's file")
            #expect(sentence(file.path, .logisticRegression) == "nothing is wrong")
            #expect(
                sentence(file.path, .mcmahan2NN)
                    == "w.safetensors is no model mcmahan-2nn: it has no dense2/kernel, dense2/bias, "
                    + "dense3/kernel, dense3/bias, and dense1/kernel is [784, 10] there, not [784, 200], "
                    + "dense1/bias is [10] there, not [200]")
            // What earlier versions wrote.
            try write(["format": "pt", "model": "logistic-regression"])
            #expect(sentence(file.path) == "nothing is wrong")
            try write(["model": "logistic-regression", "input_scaling": "tenfold"])
            #expect(
                sentence(file.path)
                    == "w.safetensors says of its input's scaling “tenfold”: unit, or mean and deviation "
                    + "as JSON, was expected")
            try write([
                "model": "logistic-regression",
                "input_scaling": #"{"mean": [0, 1], "deviation": [1, 1]}"#,
            ])
            #expect(
                sentence(file.path)
                    == "w.safetensors has means and deviations of 2, but the model takes 1 channel")
            try write(["architecture": "[]"])
            #expect(
                sentence(file.path).hasPrefix(
                    "the architecture in w.safetensors is no architecture: "))
            try Data("text".utf8).write(to: file)
            #expect(
                sentence(file.path)
                    == "w.safetensors: the model file is cut short: it holds 4 bytes of at least 8")
            #expect(
                sentence(folder.path + "/no.safetensors")
                    == "no.safetensors cannot be read: No such file or directory")
            #expect(sentence(folder.path + "/no.json").hasPrefix("no.json cannot be read: "))
        }
    }
}
