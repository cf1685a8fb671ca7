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

@Suite("A run's model", .holdsItsThread)
struct ModelChoiceTests {
    private static let data = RunData(
        GeneratedDigits.dataset(trainCount: 300, testCount: 50, threads: 1))

    private var spec: RunSpec {
        var spec = RunSpec()
        spec.clients = 3
        spec.rounds = 2
        spec.samples = 30
        spec.epochs = 1
        return spec
    }

    private func write(_ text: String, _ name: String, in folder: URL) throws -> String {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    @Test("A name is a model however it is spelled, a path is a file's")
    func typed() throws {
        #expect(try ModelChoice(argument: "McMahan_CNN") == .mcmahanCNN)
        try Command.inTemporaryFolder { folder in
            let path = try write(OwnModel.text, "own.json", in: folder)
            let model = try ModelChoice(argument: path)
            #expect(model.name == "own.json")
            #expect(try ModelChoice(argument: "\(OwnModel.json.typed)") == model)
            // A file needs no ending.
            let bare = try write(OwnModel.text, "bare", in: folder)
            #expect(try ModelChoice(argument: bare).name == "bare")
        }
        for (word, sentence) in [
            (
                "nowhere.json", "nowhere.json cannot be read: No such file or directory"
            ),
            (
                "resnett",
                "The value 'resnett' is invalid for '--model <model>': expected "
                    + NamedModel.allCases.map(\.rawValue).joined(separator: ", ")
                    + " or the path of a file. Did you mean 'resnet'?"
            ),
            ("{", "the model is no architecture: byte 1 of the JSON: expected a string"),
        ] {
            let error = #expect(throws: SettingsError.self) { try ModelChoice(argument: word) }
            #expect(error?.description == sentence)
        }
    }

    @Test("A model from a file is kept whole: settings, log and spec have all of its layers")
    func kept() throws {
        let file = try ModelChoice(argument: OwnModel.json.typed)
        var spec = spec
        spec.model = file
        let configuration = try spec.configuration()
        #expect(configuration.members["model"] == OwnModel.json)
        #expect(try RunSpec(configuration: configuration) == spec)
        #expect(try RunSpec(GivenSettings(["model": OwnModel.json])).model == file)
        let run = try ExperimentRun(spec, data: Self.data, threads: 1)
        #expect(run.header.model == "own.json")
        #expect(
            run.facts.contains { $0.0 == "model" && $0.1.hasPrefix("own.json, 782 parameters") })
        let text = SpecFile(run.spec.given).text
        let read = try JSONValue(decoding: Array(text.utf8)).members
        #expect(try RunSpec(GivenSettings(read)).model == file)
        // Tables tell files of one name apart.
        let columns = SweepTable.key(spec)
        #expect(columns.contains(",own.json#"), "\(columns)")
        var other = spec
        other.model = try ModelChoice(
            argument: OwnModel.json.typed.replacing("\"filters\": 2", with: "\"filters\": 3"))
        #expect(SweepTable.key(other) != columns)
        // An earlier version's log has a name.
        var old = configuration.members
        old["model"] = "niid-cnn"
        #expect(try RunSpec(configuration: .object(old)).model == .niidCNN)
    }

    @Test(
        "A file of a named model gives the bits of the name", arguments: [NamedModel.referenceCNN])
    func sameBits(model: NamedModel) throws {
        let input = FeatureShape.image(height: 28, width: 28, channels: 1)
        var named = spec
        named.rounds = 1
        named.model = .named(model)
        var file = named
        file.model = ModelChoice(try model.architecture(input: input), name: "copy.json")
        let (one, two) = (
            try ExperimentRun(named, data: Self.data).run(),
            try ExperimentRun(file, data: Self.data).run()
        )
        #expect(one.model == two.model)
    }

    @Test("Samples of another shape and as many numbers are taken as such, others are refused")
    func shapes() throws {
        func model(_ input: String, _ units: Int = 10) throws -> ModelChoice {
            try ModelChoice(
                argument: """
                    {"name": "m.json", "input": \(input), "layers": [{"layer": "flatten"},
                     {"layer": "dense", "units": \(units)}]}
                    """)
        }
        var spec = spec
        spec.model = try model("[784]")
        let vector = try ExperimentRun(spec, data: Self.data, threads: 1)
        #expect(vector.notes == ["m.json takes samples of 28×28×1 as 784, number by number"])
        spec.model = try model("[28, 28, 1]")
        let image = try ExperimentRun(spec, data: Self.data, threads: 1)
        #expect(image.notes == [])
        #expect(vector.run().model == image.run().model)
        for (model, sentence) in [
            (
                try model("[32, 32, 3]"),
                "m.json takes samples of 32×32×3, 3,072 numbers, but the data have 28×28×1, 784"
            ),
            (
                try model("[28, 28, 1]", 3),
                "m.json gives 3 outputs, but the data and the loss want 10: one for each class or "
                    + "number, or a single one for two classes with --loss sigmoid-cross-entropy"
            ),
            (
                try ModelChoice(
                    argument: #"{"name": "m.json", "layers": [{"layer": "dense", "units": 10}]}"#),
                "m.json: layer 1 (dense): it needs a vector, but gets an image of 28×28×1: put flatten "
                    + "before it"
            ),
        ] {
            spec.model = model
            let error = #expect(throws: ModelError.self) {
                try ExperimentRun(spec, data: Self.data, threads: 1)
            }
            #expect(error?.description == sentence)
        }
    }

    // MARK: Weights to begin with

    private func weights(_ model: NamedModel, classes: Int = 10, _ file: URL) throws {
        let architecture = try model.architecture(
            input: .image(height: 28, width: 28, channels: 1), classCount: classes)
        try SafeTensors.write(
            architecture.initialParameters(seed: 77), layout: architecture.layout, to: file)
    }

    @Test("A run begins with a file's weights, notes what starts anew, and logs the file's sum")
    func initialModel() throws {
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "w.safetensors")
            var spec = spec
            spec.model = .mcmahan2NN
            spec.initialModel = file.path
            try weights(.mcmahan2NN, file)
            let run = try ExperimentRun(spec, data: Self.data, threads: 1)
            #expect(run.notes == [])
            #expect(
                run.parts.initialState.model == run.architecture.initialParameters(seed: 77))
            let print = try #require(run.header.initialModelFingerprint)
            #expect(print.count == 64)
            #expect(SpecFile(of: run.header)?.initialModelFingerprint == print)
            try weights(.mcmahan2NN, classes: 3, file)
            let head = try ExperimentRun(spec, data: Self.data, threads: 1)
            #expect(head.header.initialModelFingerprint != print)
            #expect(
                head.notes == [
                    "\(file.path): dense3/kernel is [200, 3] there, not [200, 10], dense3/bias is [3] there, "
                        + "not [10]: these start anew"
                ])
            #expect(head.run().outcome == .completed)
            // Sweeps tell files of one name apart, too.
            #expect(SweepTable.key(spec, run.inputs) != SweepTable.key(spec, head.inputs))
        }
    }

    @Test("Weights that no run can begin with are refused before any training")
    func noInitialModel() throws {
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "w.safetensors")
            var spec = spec
            spec.model = .logisticRegression
            spec.initialModel = file.path
            func refusal() throws -> String? {
                let error = #expect(throws: InitialModelError.self) {
                    try ExperimentRun(spec, data: Self.data, threads: 1)
                }
                return error?.description
            }
            #expect(try refusal() == "\(file.path) cannot be read: No such file or directory")
            try Data("{}".utf8).write(to: file)
            #expect(
                try refusal()
                    == "\(file.path): the model file is cut short: it holds 2 bytes of at least 8")
            try weights(.niidCNN, file)
            #expect(
                try refusal()
                    == "\(file.path) has no tensor of the model: it has conv1/bias, conv1/kernel, "
                    + "conv2/bias, conv2/kernel and 6 more, and the model dense1/kernel, dense1/bias"
            )
            spec.initialModel = "/dev/zero"
            #expect(try refusal() == "/dev/zero cannot be read: it is no file")
        }
    }

    @Test("A run that has not begun a round is gone on with from the same weights alone")
    func resumed() throws {
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "w.safetensors")
            try weights(.logisticRegression, file)
            var spec = spec
            spec.model = .logisticRegression
            spec.initialModel = file.path
            let whole = try ExperimentRun(spec, data: Self.data).run()
            let store = try RunStore(path: folder.appending(path: "store").path)
            defer { store.close() }
            let name = try RunRecorder(ExperimentRun(spec, data: Self.data), store: store).name
            store.release(name)
            try SafeTensors.write(
                .init(zeros: 7850),
                layout: NamedModel.logisticRegression.architecture(
                    input: .image(height: 28, width: 28, channels: 1)
                ).layout, to: file)
            let begun = try #require(try ResumedRun(in: store))
            #expect(throws: ResumeError.otherInitialModel(run: name, file: file.path)) {
                try ExperimentRun(begun.spec, data: Self.data, resuming: begun)
            }
            store.release(name)
            // With a round there is a model, and the file is not asked for any more.
            struct Lost: Error {}
            try weights(.logisticRegression, file)
            let again = try #require(try ResumedRun(in: store))
            let run = try ExperimentRun(again.spec, data: Self.data, resuming: again)
            let recorder = try RunRecorder(run, store: store)
            _ = run.run(keeping: recorder) { if $0.record.round == 1 { throw Lost() } }
            store.release(recorder.name)
            try FileManager.default.removeItem(at: file)
            let rest = try #require(try ResumedRun(in: store))
            let last = try ExperimentRun(rest.spec, data: Self.data, resuming: rest)
            #expect(last.header.initialModelFingerprint == run.header.initialModelFingerprint)
            #expect(last.run().model == whole.model)
        }
    }
}
