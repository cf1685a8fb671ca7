import Foundation
import NeuralNetworks
import TestSupport
import TestThreads
import Testing

@Suite("federated model and --model FILE, as a user types it", .holdsItsThread)
struct ModelCommandTests {
    private static let short = [
        "run", "--quiet", "--no-store", "--dataset", "digits", "--samples", "30", "--epochs", "1",
        "--clients", "2", "--rounds", "1", "--evaluation-fraction", "0.02", "--experiment", "4",
    ]

    private func lines(_ arguments: [String], in folder: URL? = nil) throws -> [String] {
        let found =
            try folder.map { try Command.run(arguments, in: $0) } ?? Command.run(arguments)
        #expect(found.status == 0, "\(found.errors)")
        return found.output.split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
    }

    @Test("Prints layers, shapes, parameters, FLOP and what computes each")
    func table() throws {
        let lines = try lines(["model", "reference-cnn"])
        #expect(lines.contains("  model      reference-cnn"))
        #expect(lines.contains("  input      28×28×1"))
        #expect(lines.contains("  parameters 1,199,882"))
        let rows = lines.filter { $0.contains("convolution") || $0.contains("dense") }
        #expect(rows.count == 4, "\(lines)")
        #expect(rows[0].contains("26×26×32") && rows[0].contains("320"))
        #expect(rows[0].contains("conv1, fused"))
        #expect(rows[2].contains("1,179,776"))
        let plain = try self.lines(["model", "reference-cnn", "--engine", "plain"])
        #expect(!plain.contains { $0.contains(", fused") })
        let large = try self.lines(["model", "niid-cnn", "--input", "32x32x3", "--classes", "10"])
        #expect(large.contains("  parameters 62,006"))
    }

    @Test("The file that it writes of a name gives the bits of the name")
    func file() throws {
        try Command.inTemporaryFolder { folder in
            let text = try lines(["model", "mcmahan-2nn", "--json"]).joined(separator: "\n")
            try Data(text.utf8).write(to: folder.appending(path: "copy.json"))
            var models: [Data] = []
            for (model, logs) in [("mcmahan-2nn", "one"), ("copy.json", "two")] {
                let log = try lines(
                    Self.short + ["--model", model, "--log-dir", logs], in: folder)[0]
                let file = log.replacingOccurrences(of: ".json", with: ".safetensors")
                var data = try Data(contentsOf: folder.appending(path: file))
                // The header has the model's name.
                data.removeFirst(8 + Int(data[0]) + Int(data[1]) << 8)
                models.append(data)
            }
            #expect(models[0] == models[1])
        }
    }

    @Test("A run is shown, spread and repeated without its file")
    func without() throws {
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "own.json")
            try Data(OwnModel.text.utf8).write(to: file)
            let log = try lines(Self.short + ["--model", "own.json"], in: folder)[0]
            let shown = try lines(["show", log], in: folder)
            #expect(shown.contains { $0.contains("own.json, 782 parameters") }, "\(shown)")
            let spec = try lines(["show", log, "--spec"], in: folder).joined(separator: "\n")
            try Data(spec.utf8).write(to: folder.appending(path: "again.txt"))
            let swept = try lines(
                [
                    "sweep", "--model", "own.json,logistic-regression", "--dataset", "digits",
                    "--samples", "30", "--epochs", "1", "--clients", "2", "--rounds", "1",
                    "--evaluation-fraction", "0.02", "--output", "sweep.csv",
                ], in: folder)
            #expect(swept.contains { $0.contains("model own.json#") }, "\(swept)")
            try FileManager.default.removeItem(at: file)
            let again = try lines(
                ["run", "--quiet", "--no-store", "--spec", "again.txt", "--log-dir", "again"],
                in: folder)[0]
            func model(_ log: String) throws -> Data {
                try Data(
                    contentsOf: folder.appending(
                        path: log.replacingOccurrences(of: ".json", with: ".safetensors")))
            }
            #expect(try model(again) == model(log))
        }
    }

    @Test("A file that holds no model is refused before anything is read, with one sentence")
    func refused() throws {
        try Command.inTemporaryFolder { folder in
            try Data(#"{"layers": [{"layer": "dense", "units": "ten"}]}"#.utf8)
                .write(to: folder.appending(path: "bad.json"))
            let sentence =
                "bad.json: layer 1 (dense): “units” is “ten”: a whole number was expected"
            for arguments in [
                ["model", "bad.json"], ["run", "--model", "bad.json"],
                ["bench", "--model", "bad.json"],
                ["sweep", "--model", "logistic-regression,bad.json"],
            ] {
                let found = try Command.run(arguments, in: folder)
                #expect(found.status == 64, "\(arguments)")
                #expect(found.errors.contains(sentence), "\(arguments): \(found.errors)")
            }
            for (shape, classes) in [("0x1x1", "10"), ("28x28", "10"), ("x", "10"), ("784", "0")] {
                let found = try Command.run([
                    "model", "logistic-regression", "--input", shape, "--classes", classes,
                ])
                #expect(found.status == 64, "\(shape) \(classes)")
            }
        }
    }

    @Test("Trained weights are what a run begins with, and a head that starts anew is said")
    func initialModel() throws {
        try Command.inTemporaryFolder { folder in
            let architecture = try NamedModel.logisticRegression.architecture(
                input: .image(height: 28, width: 28, channels: 1), classCount: 3)
            try SafeTensors.write(
                architecture.initialParameters(seed: 3), layout: architecture.layout,
                to: folder.appending(path: "w.safetensors"))
            let options =
                Self.short.filter { $0 != "--quiet" } + ["--initial-model", "w.safetensors"]
            let refused = try Command.run(
                options + ["--model", "logistic-regression"], in: folder)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("w.safetensors has no tensor of the model: it has "))
            let two = try NamedModel.mcmahan2NN.architecture(
                input: .image(height: 28, width: 28, channels: 1), classCount: 3)
            try SafeTensors.write(
                two.initialParameters(seed: 3), layout: two.layout,
                to: folder.appending(path: "w.safetensors"))
            let found = try lines(options + ["--model", "mcmahan-2nn"], in: folder)
            #expect(
                found.contains(
                    "w.safetensors: dense3/kernel is [200, 3] there, not [200, 10], dense3/bias is [3] "
                        + "there, not [10]: these start anew"), "\(found)")
        }
    }
}
