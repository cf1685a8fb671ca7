import Foundation
import FoundationNetworking
import TestSupport
import TestThreads
import Testing

@Suite("Clients that join a server, each a process", .serialized, .holdsItsThreadNext)
struct JoinTests {
    /// The model that the same run leaves in memory.
    private func expectedModel(_ options: [String], in folder: URL) throws -> Data {
        let logs = folder.appending(path: "memory")
        let command = try Command.run(
            ["run", "--quiet", "--no-store", "--log-dir", logs.path] + options)
        #expect(command.status == 0)
        return try modelFile(in: logs)
    }

    private func modelFile(in folder: URL) throws -> Data {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let name = try #require(names.first { $0.hasSuffix(".safetensors") })
        return try Data(contentsOf: folder.appending(path: name))
    }

    private func serve(_ options: [String], in folder: URL) throws -> (Running, String) {
        let server = try Running(
            ["serve", "--once", "--quiet", "--log-dir", folder.appending(path: "served").path]
                + options)
        let address = try #require(server.nextLine())
        return (server, address)
    }

    private func join(
        _ address: String, _ id: Int, _ options: [String] = [], states: URL? = nil
    ) throws -> Running {
        try Running(
            ["join", address, "--id", "\(id)", "--retry-for", "120"] + options
                + (states.map { ["--state-dir", $0.appending(path: "states").path] } ?? []))
    }

    /// What a client of a run may have to know beside the model.
    static let strategies = [
        [], ["--strategy", "scaffold"], ["--compress", "topk:0.05"],
        ["--strategy", "fedprox", "--mu", "0.5", "--clip-update", "0.1"],
        [
            "--local-statistics", "--model",
            #"{"input": [28, 28, 1], "layers": [{"layer": "flatten"}, {"layer": "dense", "units": 12}, "#
                + #"{"layer": "batch-normalization"}, {"layer": "relu"}, {"layer": "dense", "units": 10}]}"#,
        ],
    ]

    /// The states that clients have left behind.
    private func states(in folder: URL) -> [String] {
        (try? FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "states").path)) ?? []
    }

    /// Waits until that round is committed, which is to be before the last.
    /// - Returns: how many are.
    private func waitForRound(_ round: Int, of rounds: Int, at address: String) throws -> Int {
        let url = try #require(URL(string: "\(address)/state"))
        for _ in 0..<24_000 {
            let state = try JSONSerialization.jsonObject(with: try Data(contentsOf: url))
            let done = ((state as? [String: Any])?["rounds"] as? [Any])?.count ?? 0
            if done >= round {
                #expect(done < rounds, "the run was over before anything could be killed")
                return done
            }
            Thread.sleep(forTimeInterval: 0.005)
        }
        throw TimedOut()
    }

    private struct TimedOut: Error {}

    @Test("Three processes give the bits of a run in memory, and all end well", arguments: [1, 4])
    func sameBits(experiment: Int) throws {
        try Command.inTemporaryFolder { folder in
            let options = Command.tiny + ["--experiment", "\(experiment)", "--seed", "5"]
            let expected = try expectedModel(options, in: folder)
            let (server, address) = try serve(options + ["--port", "0"], in: folder)
            let clients = try (0..<3).map { try join(address, $0) }
            for client in clients {
                let end = client.wait()
                #expect(end.status == 0, "\(end.errors)")
                #expect(end.output.contains("the run is over: completed"))
                #expect(end.output.contains("experiment \(experiment) ("))
                #expect(end.output.contains("   2/2 "))
            }
            #expect(server.wait().status == 0)
            #expect(try modelFile(in: folder.appending(path: "served")) == expected)
        }
    }

    @Test("A client that is killed and started again changes no bit", arguments: strategies)
    func killedClient(strategy: [String]) throws {
        try Command.inTemporaryFolder { folder in
            let options =
                Command.tiny + ["--rounds", "12", "--epochs", "20", "--seed", "6"] + strategy
            let expected = try expectedModel(options, in: folder)
            let (server, address) = try serve(options + ["--port", "0"], in: folder)
            let others = try (0..<2).map { try join(address, $0, states: folder) }
            var third = try join(address, 2, states: folder)
            var done = 0
            for _ in 0..<2 {
                done = try waitForRound(done + 1, of: 12, at: address)
                third.kill()
                third = try join(address, 2, states: folder)
            }
            for client in others + [third] {
                let end = client.wait()
                #expect(end.status == 0, "\(end.errors)")
                #expect(!end.output.contains("is lost"), "\(end.output)")
            }
            #expect(server.wait().status == 0)
            #expect(try modelFile(in: folder.appending(path: "served")) == expected)
            // Nobody needs them after the run.
            #expect(states(in: folder) == [])
        }
    }

    @Test(
        "A server that is killed and resumed finds its clients again, to the same bits",
        arguments: strategies)
    func killedServer(strategy: [String]) throws {
        try Command.inTemporaryFolder { folder in
            let options =
                Command.tiny + ["--rounds", "8", "--epochs", "40", "--seed", "8"] + strategy
            let expected = try expectedModel(options, in: folder)
            let store = ["--store", folder.appending(path: "store.db").path]
            let (first, address) = try serve(options + store + ["--port", "0"], in: folder)
            let clients = try (0..<3).map { try join(address, $0, states: folder) }
            _ = try waitForRound(2, of: 8, at: address)
            first.kill()
            let port = try #require(address.split(separator: ":").last.map(String.init))
            let (second, again) = try serve(
                options + store + ["--resume", "--port", port], in: folder)
            #expect(again == address)
            for client in clients {
                let end = client.wait()
                #expect(end.status == 0, "\(end.errors)")
            }
            #expect(second.wait().status == 0)
            #expect(try modelFile(in: folder.appending(path: "served")) == expected)
        }
    }

    @Test("A client whose state is gone says so and goes on without it")
    func lostState() throws {
        try Command.inTemporaryFolder { folder in
            let options =
                Command.tiny + ["--clients", "1", "--rounds", "12", "--epochs", "20"]
                + ["--compress", "topk:0.05"]
            let (server, address) = try serve(options + ["--port", "0"], in: folder)
            let first = try join(address, 0, states: folder)
            _ = try waitForRound(2, of: 12, at: address)
            first.kill()
            let names = states(in: folder)
            #expect(names.count == 1)
            #expect(names.first?.hasSuffix("-0.state") == true)
            let file = folder.appending(path: "states").appending(path: try #require(names.first))
            try Data("{}\n".utf8).write(to: file)
            let end = try join(address, 0, states: folder).wait()
            #expect(end.status == 0, "\(end.errors)")
            #expect(
                end.output.contains(
                    "what this client kept of its last updates is lost: \(file.path) cannot be read: "
                        + "it is damaged"), "\(end.output)")
            #expect(end.output.contains(" is lost: it goes on without"))
            #expect(server.wait().status == 0)
        }
    }

    @Test("What contradicts the server is refused in one sentence")
    func contradictions() throws {
        try Command.inTemporaryFolder { folder in
            let (server, address) = try serve(
                Command.tiny + ["--seed", "5", "--port", "0"], in: folder)
            defer { server.kill() }
            for (option, value, sentence) in [
                (
                    "--experiment", "2",
                    "the server's experiment is 1: --experiment 2 contradicts it"
                ),
                ("--samples", "31", "the server's samples are 30: --samples 31 contradicts it"),
                ("--seed", "6", "the server's seed is 5: --seed 6 contradicts it"),
                (
                    "--dataset", "mnist",
                    "the server's data is digits: --dataset mnist contradicts it"
                ),
            ] {
                let end = try join(address, 0, [option, value]).wait()
                #expect(end.status == 1)
                #expect(end.errors == "federated: \(sentence)\n")
            }
            let stranger = try join(address, 3).wait()
            #expect(stranger.status == 1)
            #expect(
                stranger.errors
                    == "federated: the run has 3 clients, whose ids are 0 to 2: there is no client 3\n"
            )
            let negative = try Command.run(["join", address, "--id=-1"])
            #expect(negative.status == 64)
            #expect(negative.errors == "federated: --id must be from 0 to 2147483646, not -1\n")
        }
    }

    @Test("A token comes from a file that others may not read")
    func tokens() throws {
        try Command.inTemporaryFolder { folder in
            func write(_ name: String, _ text: String, _ mode: Int) throws -> String {
                let file = folder.appending(path: name)
                try Data(text.utf8).write(to: file)
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: file.path)
                return file.path
            }
            let secrets = (0..<3).map { "0123456789abcdef-client-\($0)" }
            let table = try write(
                "tokens", zip(0..., secrets).map { "\($0) \($1)\n" }.joined(), 0o600)
            let (server, address) = try serve(
                Command.tiny + ["--port", "0", "--token-file", table], in: folder)
            let none = try join(address, 0).wait()
            #expect(none.status == 1)
            #expect(
                none.errors
                    == "federated: the server refuses: this server takes a token in the header "
                    + "“Authorization: Bearer …”\n")
            let open = try write("open", secrets[0], 0o644)
            let readable = try join(address, 0, ["--token-file", open]).wait()
            #expect(readable.status == 1)
            #expect(
                readable.errors
                    == "federated: --token-file \(open): others may read it (mode 644): expected "
                    + "600, as `chmod 600` makes it\n")
            let other = try write("other", secrets[1], 0o600)
            let stolen = try join(address, 0, ["--token-file", other]).wait()
            #expect(stolen.status == 1)
            #expect(stolen.errors.hasPrefix("federated: the server refuses: "))
            let clients = try (0..<3).map { id in
                let file = try write("token-\(id)", secrets[id], 0o600)
                return try join(address, id, ["--token-file", file])
            }
            for client in clients {
                let end = client.wait()
                #expect(end.status == 0, "\(end.errors)")
                #expect(!end.output.contains("0123456789abcdef"))
            }
            #expect(server.wait().status == 0)
        }
    }

    @Test("Ctrl-C leaves the run politely")
    func leaving() throws {
        try Command.inTemporaryFolder { folder in
            let (server, address) = try serve(
                Command.tiny + ["--port", "0"], in: folder)
            defer { server.kill() }
            let client = try join(address, 0)
            // It has its place when it is told whom the round waits for.
            #expect(client.says("round 1 waits for "))
            client.interrupt()
            let end = client.wait()
            #expect(end.status == 130)
            #expect(end.errors == "federated: interrupted; client 0 has left the run\n")
        }
    }

    @Test("A server that is not there is given up after --retry-for")
    func noServer() throws {
        let client = try Running(
            ["join", "http://127.0.0.1:1", "--id", "0", "--retry-for", "0.5"])
        let end = client.wait()
        #expect(end.status == 1)
        #expect(
            end.errors
                == "federated: no answer from http://127.0.0.1:1 for 1 s: connection refused\n")
        #expect(end.output == "the server is away: connection refused; trying again\n")
    }
}
