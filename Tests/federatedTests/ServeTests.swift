import Foundation
import Testing
import federated

@Suite("federated serve")
struct ServeTests {
    private static let tiny = Command.tiny + ["--seed", "7"]

    private func serve(_ folder: URL, _ more: [String] = []) throws -> Running {
        try Running(
            ["serve", "--port", "0", "--log-dir", folder.path] + Self.tiny + more)
    }

    private func join(_ address: String, _ clients: Range<Int>) throws -> [Running] {
        try clients.map {
            try Running(["join", address, "--id", "\($0)", "--dataset", "digits"])
        }
    }

    /// The one model file of a folder of logs.
    private func model(_ folder: URL) throws -> Data {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".safetensors") }
        #expect(names.count == 1)
        return try Data(contentsOf: folder.appending(path: try #require(names.first)))
    }

    private func expected(_ folder: URL) throws -> Data {
        let logs = folder.appending(path: "expected")
        let run = try Command.run(
            ["run", "--quiet", "--no-store", "--log-dir", logs.path] + Self.tiny)
        #expect(run.status == 0)
        return try model(logs)
    }

    @Test("Server and clients as processes give the model of a run in one process")
    func wholeRun() throws {
        try Command.inTemporaryFolder { folder in
            let logs = folder.appending(path: "served")
            let server = try serve(logs, ["--once"])
            let clients = try join(try server.address(), 0..<3)
            for client in clients { #expect(client.wait().status == 0, "\(client.errors)") }
            #expect(server.wait().status == 0)
            #expect(server.errors == "")
            #expect(server.says("2 is there"))
            #expect(server.output.contains("completed"))
            #expect(try model(logs) == expected(folder))
        }
    }

    @Test("A server that is stopped or killed goes on with --resume, to the same bits")
    func resumes() throws {
        try Command.inTemporaryFolder { folder in
            let logs = folder.appending(path: "served")
            let first = try serve(logs)
            // Only two of three come, so that the run cannot end.
            let two = try join(try first.address(), 0..<2)
            #expect(first.says("1 is there"))
            first.kill()
            #expect(first.wait().status == 9)
            for client in two { client.kill() }
            let second = try serve(logs, ["--resume"])
            _ = try second.address()
            second.terminate()
            #expect(second.wait().status == 130)
            #expect(
                second.errors
                    == "federated: stopped after round 0 of 2; federated serve --resume goes on\n")
            let third = try serve(logs, ["--resume", "--once"])
            let clients = try join(try third.address(), 0..<3)
            for client in clients { #expect(client.wait().status == 0, "\(client.errors)") }
            #expect(third.wait().status == 0)
            #expect(try model(logs) == expected(folder))
            let none = try serve(logs, ["--resume", "--once"])
            #expect(none.says("starting afresh"))
            none.terminate()
            _ = none.wait()
        }
    }

    @Test("A second server on a port or store says so in one line")
    func second() throws {
        try Command.inTemporaryFolder { folder in
            let logs = folder.appending(path: "first")
            let server = try serve(logs)
            let address = try server.address()
            let port = String(address.split(separator: ":").last ?? "")
            let other = folder.appending(path: "second").path
            let samePort = try Command.run(
                ["serve", "--port", port, "--log-dir", other, "--quiet"] + Self.tiny)
            #expect(samePort.status == 1)
            #expect(
                samePort.errors
                    == "federated: cannot listen on 127.0.0.1:\(port): Address already in use\n")
            let sameStore = try Command.run(
                ["serve", "--port", "0", "--log-dir", logs.path, "--quiet"] + Self.tiny)
            #expect(sameStore.status == 1)
            #expect(sameStore.errors.contains("federated.sqlite is in use by process "))
            #expect(sameStore.errors.split(separator: "\n").count == 1)
            server.terminate()
            _ = server.wait()
        }
    }

    @Test("Where others can reach it, it asks for protection, or says that it has none")
    func exposure() throws {
        try Command.inTemporaryFolder { folder in
            let refused = try Command.run(
                ["serve", "--host", "0.0.0.0", "--port", "0", "--log-dir", folder.path])
            #expect(refused.status == 1)
            #expect(
                refused.errors
                    == "federated: 0.0.0.0 can be reached from other machines: give --tls-cert, "
                    + "--tls-key and --token-file, or say --insecure\n")
            // Loopback, but not by its looks: so the test does not open the machine to others.
            let exposed = try serve(folder, ["--host", "127.1", "--insecure"])
            let warning = "INSECURE: whoever reaches 127.1 can read and spoil this run"
            #expect(exposed.says(warning), "\(exposed.errors)")
            exposed.terminate()
            #expect(exposed.wait().status == 130)
        }
    }

    static let wrong: [([String], String)] = [
        (["--port", "70000"], "--port must be 0 to 65535, not 70000"),
        (["--tls-cert", "a"], "--tls-cert and --tls-key go together"),
        (["--clients", "0"], "--clients must be at least 1, not 0"),
        (["--cohort", "6"], "--cohort is 6: there are 5 clients"),
        (["--minimum-clients", "6"], "--minimum-clients is 6: a round has 5 clients"),
        (["--over-selection", "0.5"], "--over-selection must be 1 to 100, not 0.5"),
        (
            ["--round-deadline", "0"],
            "--round-deadline must be above 0 and at most 1e9 seconds, not 0.0"
        ),
        (["--strategy", "magic"], "The value 'magic' is invalid for '--strategy <strategy>'"),
    ]

    @Test("Wrong options are one line on standard error, status 64", arguments: wrong)
    func usage(options: [String], sentence: String) throws {
        let command = try Command.run(["serve"] + options)
        #expect(command.status == 64)
        #expect(command.output == "")
        #expect(command.errors.split(separator: "\n").count == 1)
        #expect(command.errors.contains(sentence), "\(command.errors)")
    }

    @Test("Files of tokens and certificates that are not right are one line, status 1")
    func files() throws {
        try Command.inTemporaryFolder { folder in
            let logs = ["--log-dir", folder.path, "--port", "0"] + Self.tiny
            let tokens = try Command.run(["serve", "--token-file", "none"] + logs)
            #expect(tokens.status == 1)
            #expect(
                tokens.errors
                    == "federated: cannot read the tokens in none: No such file or directory\n")
            let tls = try Command.run(["serve", "--tls-cert", "none", "--tls-key", "none"] + logs)
            #expect(tls.status == 1)
            #expect(
                tls.errors
                    == "federated: none holds no certificate in PEM form that can be read\n")
        }
    }
}
