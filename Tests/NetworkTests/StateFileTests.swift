import FederationWire
import Foundation
import JSON
import NetworkExperiments
import Parameters
import TestSupport
import TestThreads
import Testing

@Suite("What a client's transforms keep, in a file", .holdsItsThread)
struct StateFileTests {
    private static func settings(run: String = "r1", seed: UInt64 = 1) throws -> RunSettings {
        RunSettings(
            run: try #require(RunIdentifier(run)),
            spec: ["model": "m", "clients": 9, "rounds": 9, "seed": JSONValue(seed)],
            inputShape: [1],
            architecture: try #require(
                ArchitectureDigest(hexadecimal: String(repeating: "ab", count: 32))),
            parameterCount: 3, heartbeatSeconds: 1, pollSeconds: 1)
    }

    private func open(
        _ settings: RunSettings, client: Int = 4, in folder: URL
    ) throws -> (file: StateFile, notices: [String]) {
        var notices: [String] = []
        let file = try StateFile(
            settings, client: client, in: folder.appending(path: "a/b").path
        ) { notices.append($0) }
        return (file, notices)
    }

    private let one = ["residual e": ParameterVector([1, -0.0, .leastNonzeroMagnitude])]
    private let other = [
        "residual e": ParameterVector([4, 5, 6]), "b": ParameterVector([7, 8, 9]),
    ]

    @Test("Another process finds what counts and what was under way, and nothing older")
    func roundTrip() throws {
        try Command.inTemporaryFolder { folder in
            let settings = try Self.settings()
            let (file, none) = try open(settings, in: folder)
            #expect(none == [])
            #expect(file.state(after: 1) == nil)
            try file.keep(one, after: 1, base: nil)
            try file.keep(other, after: 2, base: 1)
            let (again, notices) = try open(settings, in: folder)
            #expect(notices == [])
            #expect(again.state(after: 1) == one)
            #expect(again.state(after: 2) == other)
            // Round 2 did not count, and round 3 begins with round 1, too.
            try again.keep([:], after: 3, base: 1)
            let (third, _) = try open(settings, in: folder)
            #expect(third.state(after: 1) == one)
            #expect(third.state(after: 2) == nil)
            #expect(third.state(after: 3) == [:])
            third.remove()
            #expect(try open(settings, in: folder).file.state(after: 3) == nil)
        }
    }

    @Test("Another client's, run's or seed's is not taken")
    func others() throws {
        try Command.inTemporaryFolder { folder in
            let (file, _) = try open(try Self.settings(), in: folder)
            try file.keep(one, after: 1, base: nil)
            for (settings, client) in [
                (try Self.settings(), 5), (try Self.settings(run: "r2"), 4),
            ] {
                let (stranger, notices) = try open(settings, client: client, in: folder)
                #expect(stranger.state(after: 1) == nil)
                #expect(notices == [])
            }
            let (stranger, notices) = try open(try Self.settings(seed: 2), in: folder)
            #expect(stranger.state(after: 1) == nil)
            #expect(
                notices == [
                    "what this client kept of its last updates is lost: \(file.path) cannot be "
                        + "read: it is another run's"
                ])
        }
    }

    @Test("A damaged file is said, whichever byte it is and wherever it ends")
    func damaged() throws {
        try Command.inTemporaryFolder { folder in
            let settings = try Self.settings()
            let (file, _) = try open(settings, in: folder)
            try file.keep(other, after: 2, base: nil)
            let url = URL(fileURLWithPath: file.path)
            let bytes = try Data(contentsOf: url)
            func isRefused(_ bytes: Data) throws -> Bool {
                try bytes.write(to: url)
                let (found, notices) = try open(settings, in: folder)
                return found.state(after: 2) == nil
                    && notices == [
                        "what this client kept of its last updates is lost: \(file.path) cannot be "
                            + "read: it is damaged"
                    ]
            }
            for index in bytes.indices {
                var wrong = bytes
                wrong[index] ^= 0x10
                #expect(try isRefused(wrong), "byte \(index)")
                #expect(try isRefused(bytes.prefix(index)), "after \(index) bytes")
            }
        }
    }

    @Test("The folder is the environment's, or named")
    func folders() throws {
        #expect(
            StateFile.defaultFolder(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/federated")
        #expect(
            StateFile.defaultFolder(["XDG_STATE_HOME": "s", "HOME": "/h"])
                == "/h/.local/state/federated")
        #expect(StateFile.defaultFolder(["HOME": ""]) == nil)
        try Command.inTemporaryFolder { folder in
            let file = folder.appending(path: "file")
            try Data().write(to: file)
            let error = #expect(throws: (any Error).self) {
                try StateFile(Self.settings(), client: 0, in: file.path + "/b") { _ in }
            }
            let text = error.map { "\($0)" } ?? ""
            #expect(text.contains("--state-dir \(file.path)/b: "), "\(text)")
        }
    }
}
