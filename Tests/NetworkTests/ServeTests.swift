import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("federated serve", .holdsItsThread)
struct ServeTests {
    /// Whether this machine has loopback of IPv6.
    private static let hasIPv6: Bool = {
        let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }()

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
            #expect(server.says("2 is there"), "\(server.output)")
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
            let words = "federated: stopped after round 0 of 2; federated serve --resume "
            #expect(second.errors.hasPrefix(words), "\(second.errors)")
            #expect(second.errors.hasSuffix(" --log-dir \(logs.path) goes on\n"))
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

    @Test("It says whom it waits for, whom it lost, and what it does when the run is over")
    func speaks() throws {
        try Command.inTemporaryFolder { folder in
            let logs = folder.appending(path: "served")
            // A client trains for a second, so that it is killed before it has reported.
            let server = try serve(logs, ["--epochs", "3000"])
            let address = try server.address()
            #expect(
                server.says("  round 1 waits for 3 of 3 clients (0, 1, 2)\n"), "\(server.output)")
            let gone = try join(address, 1..<2)[0]
            #expect(
                server.says("client 1 is there\n  round 1 waits for 2 of 3 clients (0, 2)\n"),
                "\(server.output)")
            gone.kill()
            #expect(
                server.says("client 1 is gone in round 1: its connection closed"),
                "\(server.output)")
            #expect(
                server.says("closed\n  round 1 waits for 3 of 3 clients (0, 1, 2)\n"),
                "\(server.output)")
            sleep(2)
            let clients = try join(address, 0..<3)
            for client in clients { #expect(client.wait().status == 0, "\(client.errors)") }
            #expect(
                server.says("the run is over; serving its page until Ctrl-C"), "\(server.output)")
            #expect(server.output.contains("over all threads training "))
            server.interrupt()
            #expect(server.wait().status == 0)

            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: logs.path).first {
                    $0.hasSuffix(".json") && !$0.hasPrefix(".")
                })
            let data = try Data(contentsOf: logs.appending(path: name))
            let log = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let drops = try #require(log["drops"] as? [[String: Any]])
            #expect(drops.count == 1)
            #expect(drops.first?["client"] as? Int == 1)
            #expect(drops.first?["round"] as? Int == 1)
            #expect(drops.first?["reason"] as? String == "its connection closed")
            #expect((drops.first?["at"] as? String)?.hasSuffix("Z") == true)
            // The two seconds in which nobody was there are none of the round's.
            let timings = try #require(log["timings"] as? [String: Any])
            let seconds = try #require(timings["round_seconds"] as? [Double])
            let total = try #require(timings["total_seconds"] as? Double)
            #expect(seconds.reduce(0, +) < total - 2)
            let store = ["--store", logs.appending(path: "federated.sqlite").path]
            let shown = try Command.run(["show", "last"] + store, in: folder)
            #expect(shown.output.contains("  round 1, client 1: its connection closed\n"))
            let report = try Command.run(["report", "last", "--output", "-"] + store, in: folder)
            #expect(report.output.contains("its connection closed"))
        }
    }

    @Test(
        "A second server on a port says so in one line; one on the same store runs beside the first"
    )
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
            let sameStore = try serve(logs)
            #expect(try sameStore.address() != address)
            for one in [server, sameStore] {
                one.terminate()
                #expect(one.wait().status == 130)
            }
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

    @Test(
        "Addresses to listen on may be written in any way, and what is printed can be used",
        arguments: [
            ("LOCALHOST", "http://localhost:"), ("127.0.0.1", "http://127.0.0.1:"),
        ]
            + (hasIPv6
                ? [("[::1]", "http://[::1]:"), ("::1", "http://[::1]:")] : []))
    func hosts(host: String, begin: String) throws {
        try Command.inTemporaryFolder { folder in
            let server = try serve(folder, ["--once", "--host", host])
            let address = try server.address()
            #expect(address.hasPrefix(begin), "\(address)")
            let clients = try join(address, 0..<3)
            for client in clients { #expect(client.wait().status == 0, "\(client.errors)") }
            #expect(server.wait().status == 0)
        }
    }

    /// All that a server answers to a request.
    private func ask(_ address: String, _ head: String) throws -> String {
        let port = UInt16(address.split(separator: ":").last ?? "") ?? 0
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        target.sin_port = port.bigEndian
        let status = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(status == 0)
        let bytes = Array((head + "\r\nConnection: close\r\n\r\n").utf8)
        _ = bytes.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(connection, &piece, piece.count)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += piece[..<count]
        }
    }

    @Test("Names that a server does not know are refused until they are allowed")
    func allowedHosts() throws {
        try Command.inTemporaryFolder { folder in
            for (options, status) in [([], 421), (["--allow-host", "Fed.Example"], 200)] {
                let server = try serve(folder.appending(path: "\(status)"), options)
                let answer = try ask(
                    try server.address(), "GET /healthz HTTP/1.1\r\nHost: fed.example:80")
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                server.terminate()
                _ = server.wait()
            }
        }
    }

    @Test("A server says whether whoever looks on needs a token")
    func readers() throws {
        try Command.inTemporaryFolder { folder in
            for (more, isSaid) in [("", true), ("reader a-readers-own-token\n", false)] {
                let tokens = folder.appending(path: "tokens-\(isSaid)").path
                let text = "1 first-token-of-client-1\n" + more
                let isMade = FileManager.default.createFile(
                    atPath: tokens, contents: Data(text.utf8),
                    attributes: [.posixPermissions: 0o600])
                #expect(isMade)
                let server = try serve(
                    folder.appending(path: "\(isSaid)"), ["--token-file", tokens])
                let address = try server.address()
                #expect(server.says("federated join"), "\(server.output)")
                #expect(server.output.contains("no token is needed to look on") == isSaid)
                let answer = try ask(address, "GET /state HTTP/1.1\r\nHost: localhost")
                #expect(answer.hasPrefix("HTTP/1.1 \(isSaid ? 200 : 401) "))
                server.terminate()
                _ = server.wait()
            }
        }
    }

    @Test("A name that is not known, or an address of another machine, is one line")
    func unknownHosts() throws {
        try Command.inTemporaryFolder { folder in
            for (host, reason) in [
                ("nosuch.invalid", "its name is not known"),
                ("192.0.2.1", "Cannot assign requested address"),
            ] {
                let command = try Command.run(
                    ["serve", "--insecure", "--host", host, "--log-dir", folder.path] + Self.tiny)
                #expect(command.status == 1)
                #expect(
                    command.errors == "federated: cannot listen on \(host):9103: \(reason)\n")
            }
        }
    }

    static let wrong: [([String], String)] = [
        (
            ["--host", "http://localhost"],
            "--host “http://localhost” is nothing to listen on: it is a URL"
        ),
        (
            ["--host", "127.0.0.1:80"],
            "--host “127.0.0.1:80” is nothing to listen on: it names a port"
        ),
        (
            ["--host", "*"],
            "--host “*” is nothing to listen on: expected a name or an address, like 127.0.0.1 or ::1"
        ),
        (["--host", ""], "--host must not be empty"),
        (
            ["--allow-host", "https://a"], "--allow-host “https://a” is no host's name: it is a URL"
        ),
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
                    == "federated: cannot read none: No such file or directory\n")
        }
    }
}
