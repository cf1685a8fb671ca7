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

    private let image = #""input": {"image": {"height": 28, "width": 28, "channels": 1}}"#

    @Test("What is no model, or none that a machine could hold, is said")
    func hostile() throws {
        let unknown = "the server's model mine has layers that this version has not"
        for text in [
            "{}", #"{"input": {"vector": {"_0": 4}}}"#, "{\(image), \"layers\": [{\"lstm\": {}}]}",
            "{\(image), \"layers\": 3}",
            "{\(image), \"layers\": [{\"dense\": {\"_0\": {\"units\": 1.5, \"activation\": \"relu\"}}}]}",
        ] { #expect(try sentence(text).contains(unknown), "\(text)") }

        let large = "the server's model mine is larger than any that can be trained"
        func dense(_ units: String) -> String {
            "{\"dense\": {\"_0\": {\"units\": \(units), \"activation\": \"identity\"}}}"
        }
        let flatten = "{\"flatten\": {}}"
        let wide = #""input": {"image": {"height": 65536, "width": 65536, "channels": 65536}}"#
        for text in [
            "{\(image), \"layers\": [\(flatten), \(dense("9223372036854775807"))]}",
            "{\(image), \"layers\": [\(flatten), \(dense("65537"))]}",
            "{\(image), \"layers\": [\(flatten), \(dense("-1"))]}",
            "{\(wide), \"layers\": [\(flatten), \(dense("65536"))]}",
            "{\(image), \"layers\": [\(flatten)"
                + String(repeating: ", \(dense("10"))", count: 1001) + "]}",
        ] { #expect(try sentence(text).contains(large), "\(text.prefix(200))") }

        for text in [
            "{\(image), \"layers\": []}", "{\(image), \"layers\": [\(dense("10"))]}",
            "{\(image), \"layers\": [\(flatten), \(dense("0"))]}",
            #"{"input": {"image": {"height": 0, "width": 28, "channels": 1}}, "layers": [{"flatten": {}}]}"#,
        ] {
            #expect(
                try sentence(text).contains("the server's model mine makes no sense: "), "\(text)")
        }
        let other = "the server's model mine is not the one that its digest is of"
        let small = "{\(image), \"layers\": [\(flatten), \(dense("10"))]}"
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
