import Commands
import Federation
import FederationWire
import Foundation
import JSON
import NetworkExperiments
import NeuralNetworks
import TestThreads
import Testing

@Suite("A server's model as a client reads it", .holdsItsThread)
struct ServedModelTests {
    private func settings(
        _ architecture: JSONValue, digest: ArchitectureDigest, parameters: Int
    ) throws -> RunSettings {
        RunSettings(
            run: try #require(RunIdentifier("r1")),
            spec: ["model": "mine", "clients": 1, "rounds": 1, "seed": 1],
            inputShape: [28, 28, 1], architecture: digest, architectureJSON: architecture,
            parameterCount: parameters, heartbeatSeconds: 1, pollSeconds: 1)
    }

    @Test("Every model comes back, whatever it is called", arguments: NamedModel.allCases)
    func models(model: NamedModel) throws {
        let architecture = try model.architecture(
            input: .image(height: 28, width: 28, channels: 1))
        let sent = try settings(
            JSONValue(encoding: architecture), digest: architecture.digest(),
            parameters: architecture.parameterCount)
        let heard = try RunSettings(decoding: sent.encoded())
        #expect(heard == sent)
        #expect(try Architecture(heard) == architecture)
    }

    private func sentence(_ text: String, parameters: Int = 10) throws -> String {
        let digest = try ArchitectureDigest(of: ["another"])
        let json = try JSONValue(decoding: Array(text.utf8))
        do {
            _ = try Architecture(settings(json, digest: digest, parameters: parameters))
            return "taken"
        } catch {
            return "\(error)"
        }
    }

    private let image = #""input": [28, 28, 1]"#

    @Test("What is no model, or none that a machine could hold, is said")
    func hostile() throws {
        let flatten = #"{"layer": "flatten"}"#
        func dense(_ units: String) -> String { "{\"layer\": \"dense\", \"units\": \(units)}" }
        func model(_ layers: String...) -> String {
            "{\(image), \"layers\": [\(layers.joined(separator: ", "))]}"
        }
        func check(_ texts: [String], _ reason: String) throws {
            for text in texts {
                let said = try sentence(text)
                #expect(
                    said.contains("the server's model mine \(reason)"),
                    "\(said): \(text.prefix(200))")
            }
        }
        try check([model(#"{"layer": "lstm"}"#)], "has layers that this version has not")
        try check(
            [
                "{}", #"{"input": [4]}"#, "{\(image), \"layers\": 3}", model(flatten, dense("1.5")),
                model(flatten, dense("1e300")), #"{"input": [[4]], "layers": []}"#,
                #"{"input": {"image": {"height": 28}}, "layers": []}"#,
            ], "is not one that this version can read")
        let nested = (0..<20).reduce(dense("3")) { inner, _ in
            "{\"layer\": \"residual\", \"layers\": [\(inner)]}"
        }
        try check(
            [
                model(), model(dense("10")), model(flatten, dense("0")),
                model(flatten, dense("-1")),
                #"{"input": [0, 28, 1], "layers": [{"layer": "flatten"}]}"#,
                model(flatten, dense("9223372036854775807")),
                #"{"input": [65536, 65536, 65536], "layers": [{"layer": "flatten"}]}"#,
                model(([flatten] + (0..<1001).map { _ in dense("10") }).joined(separator: ", ")),
                model(flatten, nested),
            ], "makes no sense: ")
        let other = "the server's model mine is not the one that its digest is of"
        let small = model(flatten, dense("10"))
        #expect(try sentence(small, parameters: 7850).contains(other))
        #expect(try sentence(small).contains(other))
    }

    @Test("Transforms that are not known are named")
    func transforms() throws {
        let architecture = try Architecture(
            input: .vector(3), [.batchNormalization(), .dense(2)])
        let names = ["local-statistics", "clip:0.5", "topk:0.01"]
        let found = try ClientTransforms.named(names, for: architecture)
        #expect(found.map(\.description) == names)
        // What "local-statistics" is of, the model says.
        #expect((found[0] as? KeptParts)?.ranges == [0..<3, 3..<6, 6..<9, 9..<12])
        for text in ["noise:1.0", "topk:0", "clip:-1.0", "topk", ""] {
            let error = #expect(throws: JoinError.self) {
                try ClientTransforms.named(["clip:0.5", text], for: architecture)
            }
            let found = error?.description ?? ""
            #expect(
                found.contains(
                    "the server's clients apply “\(text)” to their updates, which this version "
                        + "does not know: update it"), "\(found)")
        }
    }
}
