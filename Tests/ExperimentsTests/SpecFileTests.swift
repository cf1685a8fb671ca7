import Experiments
import Federation
import Foundation
import JSON
import TestThreads
import Testing

@Suite("A run as a file", .holdsItsThread)
struct SpecFileTests {
    /// The sentence that a file of these bytes is refused with, without its path.
    private func refusal(_ bytes: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "spec-\(UUID().uuidString).json")
        try bytes.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        do throws(SpecFileError) {
            let spec = try SpecFile(path: file.path)
            do throws(SettingsError) {
                _ = try RunSpec(spec.given).validated()
                return "nothing was refused"
            } catch {
                return error.description
            }
        } catch {
            return error.description.replacing(file.path, with: "FILE")
        }
    }

    @Test(
        "What is wrong is one sentence, with the key and what was expected",
        arguments: [
            ("", "FILE is no spec of a run: byte 0 of the JSON: expected a value"),
            (
                "{\"rounds\": NaN}",
                "FILE is no spec of a run: byte 11 of the JSON: expected a value"
            ),
            ("[]", "FILE: an object of settings was expected, not []"),
            (
                "{\"flavour\": 1}",
                "FILE: “flavour” is no setting of a run: federated settings lists them"
            ),
            (
                "{\"learning-rate\": 1}",
                "FILE: “learning-rate” is no setting of a run: federated settings lists them. Did you "
                    + "mean 'learning_rate'?"
            ),
            ("{\"rounds\": \"5\"}", "FILE: “rounds” is “5”: expected a whole number"),
            ("{\"rounds\": 2.5}", "FILE: “rounds” is 2.5: expected a whole number"),
            ("{\"seed\": -1}", "FILE: “seed” is -1: expected a whole number of at least 0"),
            ("{\"momentum\": true}", "FILE: “momentum” is true: expected a number"),
            ("{\"fixed_shards\": 1}", "FILE: “fixed_shards” is 1: expected true or false"),
            ("{\"engine\": \"fast\"}", "FILE: “engine” is “fast”: expected plain or fused"),
            (
                "{\"batch_size\": \"most\"}",
                "FILE: “batch_size” is “most”: expected a whole number or all"
            ),
            ("{\"partition\": 3}", "FILE: “partition” is 3: expected a text"),
            ("{\"experiment\": 7}", "FILE: there is no experiment 7: they are 1, 2, 3 and 4"),
            (
                "{\"insecure\": true}",
                "FILE: “insecure” is noted by the server itself: leave it out"
            ),
            (
                "{\"dataFingerprint\": \"0X\"}",
                "FILE: “data_fingerprint” is “0X”: expected 16 hexadecimal digits"
            ),
            ("{\"rounds\": 0}", "--rounds must be at least 1, not 0"),
            (
                "{\"momentum\": 1e999}",
                "FILE is no spec of a run: byte 13 of the JSON: expected a number in the range of a "
                    + "Double"
            ),
            ("{\"tau\": 1e300, \"strategy\": \"fedadam\"}", "nothing was refused"),
            ("{\"momentum\": 1e300}", "--momentum must be at least 0 and below 1, not inf"),
            ("{\"mu\": 0.1}", "--mu belongs to fedprox: the strategy is fedavg"),
            ("{\"epochs\": 1, \"steps\": 2}", "--epochs and --steps exclude each other"),
            (
                "{\"partition\": \"iid\", \"experiment\": 2}",
                "--experiment and --partition exclude each other"
            ),
        ])
    func refused(text: String, sentence: String) throws {
        #expect(try refusal(Data(text.utf8)) == sentence)
    }

    @Test("A file that cannot be one is refused without being read to its end")
    func noFiles() throws {
        #expect(
            try refusal(Data(repeating: 0x20, count: SpecFile.byteLimit + 1))
                == "FILE is no spec of a run: it has more than 1,048,576 bytes")
        for (path, sentence) in [
            ("/", "/ cannot be read: it is no file"),
            ("/nothing/run.json", "/nothing/run.json cannot be read: No such file or directory"),
            (
                "/dev/zero", "/dev/zero is no spec of a run: it has more than 1,048,576 bytes"
            ),
        ] {
            let error = #expect(throws: SpecFileError.self) { try SpecFile(path: path) }
            #expect(error?.description == sentence)
        }
    }

    @Test("What is typed counts more than the file, and makes it forget what contradicts it")
    func overridden() throws {
        let file = try GivenSettings([
            "epochs": 2, "rounds": 7, "partition": "iid", "clients": 20, "seed": nil,
        ])
        let typed = try GivenSettings(["steps": 5, "experiment": 2, "seed": 9])
        let spec = try RunSpec(file.overridden(by: typed)).validated()
        #expect(spec.steps == 5 && spec.epochs == nil)
        #expect(spec.partition == nil && spec.experiment == .equalRandom)
        #expect(spec.rounds == 7 && spec.clients == 20 && spec.seed == 9)
    }

    @Test("Other images than the file's, and another division, are refused unless they are meant")
    func fingerprints() throws {
        var spec = RunSpec()
        spec.partition = .csv(file: "who.csv")
        let file = SpecFile(
            spec.given, dataFingerprint: "00000000000000ab",
            partitionFingerprint: "00000000000000cd")
        func refusal(
            _ inputs: RunInputs, _ typed: [String: JSONValue] = [:]
        ) throws -> SpecFileError? {
            let typed = try GivenSettings(typed)
            do throws(SpecFileError) {
                try file.check(inputs, origin: "here", beside: typed, path: "run.json")
                return nil
            } catch {
                return error
            }
        }
        #expect(try refusal(RunInputs(data: 0xAB, partition: 0xCD)) == nil)
        #expect(
            try refusal(RunInputs(data: 1, partition: 0xCD))
                == .otherData("run.json", origin: "here"))
        #expect(
            try refusal(RunInputs(data: 0xAB, partition: 1))
                == .otherDivision("run.json", by: "csv:who.csv"))
        #expect(try refusal(RunInputs(data: 1, partition: 1), ["dataset": "digits"]) == nil)
        #expect(try refusal(RunInputs(data: 0xAB), ["partition": "iid"]) == nil)
    }

    @Test("FedSGD, steps and files of clients: what is not said follows from what is")
    func completed() throws {
        let sgd = try RunSpec(GivenSettings(["strategy": "FedSGD"])).validated()
        #expect(sgd.epochs == 1 && sgd.batchSize == .all)
        var library = RunSpec()
        library.strategy = .fedsgd
        #expect(try library.validated() == sgd)
        library.epochs = 2
        #expect(throws: SettingsError.oneStep) { try library.validated() }
        let steps = try RunSpec(GivenSettings(["steps": 3]))
        #expect(steps.epochs == nil)
        var adagrad = RunSpec()
        adagrad.strategy = .fedadagrad
        #expect(try adagrad.validated().beta1 == 0)
        // What an earlier version did not write down.
        var old = try adagrad.configuration().members
        old["beta1"] = nil
        #expect(try RunSpec(configuration: .object(old)).beta1 == 0.9)
    }
}
