import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("flower-node on the command line", .holdsItsThread)
struct FlowerNodeCommandTests {
    static let cases: [([String], String)] = [
        (link(["--clients", "3"]), "--id must say which of the parts is this node's"),
        (link(["--partition", "iid"]), "--id must say which of the parts is this node's"),
        (["--id", "1"], "Missing expected argument '--superlink <url>'"),
        (
            ["--superlink", "127.0.0.1:8000", "--id", "1"],
            "“127.0.0.1:8000” is no SuperLink's address: expected http://HOST:PORT or "
                + "https://HOST:PORT"
        ),
        (link(["--id=-1"]), "--id must be 0 to 4, not -1"),
        (link(["--id", "5"]), "--id must be 0 to 4, not 5"),
        (link(["--id", "2", "--clients", "2"]), "--id must be 0 to 1, not 2"),
        (link(["--id=-1", "--partition", "csv:x"]), "--id must be at least 0, not -1"),
        (link(["--id", "1", "--clients", "0"]), "--clients must be at least 1, not 0"),
        (
            link(["--id", "1", "--partition", "magic"]),
            "there is no partition “magic”: they are iid, shards:COUNT or shards:COUNTxSIZE, "
        ),
        (
            link(["--id", "1", "--epochs", "0"]),
            "--epochs must be above 0 and at most 1e6, not 0"
        ),
        (link(["--id", "1", "--batch-size", "0"]), "--batch-size must be at least 1, not 0"),
        (
            link(["--id", "1", "--learning-rate", "nan"]),
            "--learning-rate must be above 0 and finite, not nan"
        ),
        (
            link(["--id", "1", "--evaluation-fraction", "2"]),
            "--evaluation-fraction must be above 0 and at most 1, not 2.0"
        ),
        (
            link(["--id", "1", "--retry-for=-1"]),
            "--retry-for must be at least 0 seconds, not -1.0"
        ),
    ]

    private static func link(_ options: [String]) -> [String] {
        ["--superlink", "http://127.0.0.1:1"] + options
    }

    @Test("Wrong options: one sentence, status 64", arguments: cases)
    func wrongOptions(_ options: [String], _ sentence: String) throws {
        let command = try Command.run(["flower-node"] + options)
        #expect(command.status == 64)
        #expect(command.errors.hasPrefix("federated: \(sentence)"))
        #expect(command.errors.filter(\.isNewline).count == 1)
        #expect(command.output == "")
    }

    @Test("A SuperLink that is not there is given up after --retry-for")
    func noSuperLink() throws {
        try Command.inTemporaryFolder { folder in
            let images = try SmallImages.write(to: folder)
            let command = try Command.run([
                "flower-node", "--superlink", "http://127.0.0.1:1", "--dataset", images, "--model",
                "logistic-regression", "--retry-for", "0.5",
            ])
            #expect(command.status == 1)
            #expect(
                command.errors
                    == "federated: no answer from http://127.0.0.1:1 for 1 s: connection refused\n")
            #expect(command.output.contains("  superlink  http://127.0.0.1:1\n"))
            #expect(command.output.contains("  client     0, the only one\n"))
            #expect(
                command.output.hasSuffix(
                    "the SuperLink is away: connection refused; trying again\n"))
        }
    }
}
