import Experiments
import Federation
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

/// Spec files that say by fingerprints what a run read.
@Suite("Files that a spec was written for", .holdsItsThread)
struct SpecFingerprintTests {
    private static let one = String(repeating: "a", count: 64)
    private static let other = String(repeating: "b", count: 64)

    private func spec(_ members: [String: JSONValue], in folder: URL) throws -> SpecFile {
        let file = folder.appending(path: "run.json")
        try Data(JSONValue.object(members).encoded()).write(to: file)
        return try SpecFile(path: file.path)
    }

    private func check(_ file: SpecFile, _ inputs: RunInputs, beside later: GivenSettings) throws {
        try file.check(inputs, origin: "MNIST", beside: later, path: "run.json")
    }

    @Test(
        "Another file than the run's is refused, unless one is named beside the spec",
        arguments: [
            ("initial_model", "w.safetensors", "initial_model_fingerprint"),
            ("server_rule", "exec:rule.py", "server_rule_fingerprint"),
        ])
    func files(setting: String, value: String, key: String) throws {
        try Command.inTemporaryFolder { folder in
            let file = try spec([setting: .string(value), key: .string(Self.one)], in: folder)
            // What is read is written again.
            #expect(file.json.members[key] == .string(Self.one))
            var inputs = RunInputs(data: 1, initialModel: Self.one, serverRule: Self.one)
            try check(file, inputs, beside: GivenSettings())
            (inputs.initialModel, inputs.serverRule) = (Self.other, Self.other)
            let expected =
                setting == "server_rule"
                ? SpecFileError.otherServerRule("run.json", file: value)
                : .otherInitialModel("run.json", file: value)
            #expect(throws: expected) { try check(file, inputs, beside: GivenSettings()) }
            var typed = GivenSettings()
            typed[setting] = .string(value)
            try check(file, inputs, beside: typed)
            #expect(throws: SpecFileError.self) {
                _ = try spec([setting: .string(value), key: "abc"], in: folder)
            }
        }
    }

    @Test("A server rule that belongs to algorithms that average, and names a program")
    func serverRule() throws {
        var spec = RunSpec()
        spec.serverRule = "exec:/nowhere/rule.py"
        spec.model = .logisticRegression
        #expect(try spec.validated().federatedStrategy.aggregator is Gathering)
        spec.strategy = .fedadam
        #expect(
            throws: SettingsError.wrongStrategy(
                option: "--server-rule", owners: [.fedavg, .fedsgd, .fedprox], strategy: .fedadam)
        ) { try spec.validated() }
        spec.strategy = .fedavg
        spec.serverRule = "rule.py"
        #expect(
            throws: SettingsError.outOfRange(
                option: "--server-rule", expected: "exec:FILE, a program", found: "“rule.py”")
        ) { try spec.validated() }
    }
}
