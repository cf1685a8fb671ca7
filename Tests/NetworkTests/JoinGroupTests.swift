import Foundation
import NetworkCommands
import TestSupport
import TestThreads
import Testing

@Suite("Several clients in one process", .serialized, .holdsItsThreadNext)
struct JoinGroupTests {
    private func model(in folder: URL) throws -> Data {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let name = try #require(names.first { $0.hasSuffix(".safetensors") })
        return try Data(contentsOf: folder.appending(path: name))
    }

    private func serve(_ options: [String], in folder: URL, _ name: String) throws -> (
        Running, String
    ) {
        let server = try Running(
            [
                "serve", "--once", "--quiet", "--port", "0", "--log-dir",
                folder.appending(path: name).path,
            ] + options)
        return (server, try #require(server.nextLine()))
    }

    @Test(
        "They give the bits of separate processes",
        arguments: [[], ["--strategy", "scaffold"], ["--compress", "topk:0.05"]])
    func sameBits(strategy: [String]) throws {
        try Command.inTemporaryFolder { folder in
            let options = Command.tiny + ["--seed", "5"] + strategy
            let states = ["--state-dir", folder.appending(path: "states").path]
            let (one, oneAddress) = try serve(options, in: folder, "one")
            let separate = try (0..<3).map {
                try Running(["join", oneAddress, "--id", "\($0)"] + states)
            }
            for client in separate { #expect(client.wait().status == 0) }
            #expect(one.wait().status == 0)

            let (two, twoAddress) = try serve(options, in: folder, "two")
            let group = try Running(["join", twoAddress, "--ids", "0,1-2"] + states).wait()
            #expect(group.status == 0, "\(group.errors)")
            #expect(two.wait().status == 0)
            #expect(
                try model(in: folder.appending(path: "one"))
                    == model(in: folder.appending(path: "two")))
            // A line for each client and round, and the data are told of once.
            for client in 0..<3 {
                for round in 1...2 {
                    #expect(
                        group.output.contains("     \(client)   \(round)/2 "), "\(group.output)")
                }
            }
            #expect(group.output.components(separatedBy: "experiment ").count == 2)
            #expect(group.output.contains("the run is over: completed"))
        }
    }

    @Test("A client that the run has not is named; Ctrl-C has all of them leave")
    func named() throws {
        try Command.inTemporaryFolder { folder in
            let (server, address) = try serve(Command.tiny, in: folder, "one")
            let group = try Running(["join", address, "--ids", "1-3"])
            var lines = ""
            while !lines.contains("client 3 has ended"), let line = group.nextLine() {
                lines += line + "\n"
            }
            #expect(
                lines.contains(
                    "client 3 has ended: the run has 3 clients, whose ids are 0 to 2: there is no client 3"
                ))
            group.interrupt()
            let end = group.wait()
            #expect(end.status == 130)
            #expect(
                end.errors
                    == "federated: client 3: the run has 3 clients, whose ids are 0 to 2: there is no client 3; interrupted; "
                    + "clients 1-2 have left the run\n")
            server.kill()
        }
    }

    @Test(
        "Ids that are none are refused",
        arguments: [
            ("5-2", "5-2 goes down"), (",1", "“” is no id"), ("1,1", "client 1 is there twice"),
            ("0-3,2", "client 2 is there twice"), ("-1", "“-1” is no id"), ("1-", "“1-” is no id"),
            ("1-2-3", "“1-2-3” is no id"), ("a", "“a” is no id"), ("1, 2", "“ 2” is no id"),
            ("0-1000", "these are more than 1000 clients"),
            ("2147483647", "an id is at most 2147483646"),
        ])
    func refused(text: String, clause: String) throws {
        let command = try Command.run(["join", "http://127.0.0.1:1", "--ids=\(text)"])
        #expect(command.status == 64)
        #expect(
            command.errors
                == "federated: --ids \(text): \(clause); ids like 0-9 or 0,2,5-7 were expected\n")
    }

    @Test("One of --id and --ids is needed, not both")
    func which() throws {
        let none = try Command.run(["join", "http://127.0.0.1:1"])
        #expect(none.errors == "federated: join needs --id, this client's, or --ids for several\n")
        let both = try Command.run(["join", "http://127.0.0.1:1", "--id", "1", "--ids", "2-3"])
        #expect(
            both.errors
                == "federated: --id 1 and --ids contradict each other: give one of them\n")
    }
}
