import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("evaluate and predict, as a user types them", .holdsItsThread)
struct ModelUseCommandTests {
    private func json(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("A run, its log and its file are tested; a picture of one sample is predicted")
    func whole() throws {
        try Command.inTemporaryFolder { folder in
            let images = try SmallImages.write(to: folder)
            let run = try Command.run(
                [
                    "run", "--dataset", images, "--model", "logistic-regression", "--samples", "30",
                    "--epochs", "1", "--clients", "3", "--rounds", "2", "--quiet",
                ], in: folder)
            #expect(run.status == 0, "\(run.errors)")
            let logs = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "Logs").path)
            let log = "Logs/" + (try #require(logs.first { $0.hasSuffix(".json") }))
            let file = log.replacing(".json", with: ".safetensors")
            let kept = try json(
                String(contentsOf: folder.appending(path: log), encoding: .utf8))
            let last = try #require((kept["server acc"] as? [Double])?.last)
            for arguments in [["last"], [log], [file, "--dataset", images]] {
                let found = try Command.run(["evaluate", "--json"] + arguments, in: folder)
                #expect(found.status == 0, "\(found.errors)")
                #expect(try json(found.output)["accuracy"] as? Double == last)
                #expect(try json(found.output)["samples"] as? Int == SmallImages.testCount)
            }
            let shown = try Command.run(["evaluate", "last"], in: folder)
            for words in ["accuracy", "ECE", "precision", "is \\ taken for", "confidence"] {
                #expect(shown.output.contains(words), "\(words)")
            }
            let test = images + "/t10k-images-idx3-ubyte"
            let table = try Command.run(["predict", file, test], in: folder)
            #expect(table.status == 0, "\(table.errors)")
            #expect(table.output.split(separator: "\n").count == SmallImages.testCount + 1)
            #expect(table.output.hasPrefix("file,sample,class,probability\n"))
            let listed = try Command.run(
                ["predict", "last", test, "--format", "json", "--probabilities"], in: folder)
            let list = try #require(
                JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
            #expect((list[0]["probabilities"] as? [Double])?.count == 10)
        }
    }

    @Test("What is missing, wrong or of no use is said in a sentence")
    func refused() throws {
        try Command.inTemporaryFolder { folder in
            func errors(_ arguments: [String]) -> String {
                guard let command = try? Command.run(arguments, in: folder) else { return "" }
                #expect(command.status != 0)
                #expect(command.output == "")
                return command.errors
            }
            #expect(
                errors(["evaluate"])
                    == "federated: evaluate needs a model: there is no run yet in "
                    + "Logs/federated.sqlite, but logs may be named\n")
            #expect(
                errors(["evaluate", "none.safetensors"])
                    == "federated: none.safetensors cannot be read: No such file or directory\n")
            #expect(
                errors(["predict", "none.safetensors"])
                    == "federated: predict needs files of samples behind the model\n")
            #expect(errors(["predict", "m", "x", "--scaling", "huge"]).contains("huge"))
        }
    }
}
