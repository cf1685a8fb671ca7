import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("One run, three ways from clients to server", .holdsItsThread)
struct TransportTests {
    /// The model file and the parts of the log that must not depend on the way.
    private func run(
        _ transport: String, _ options: [String], in folder: URL
    ) throws -> (model: Data, log: [String: NSObject]) {
        let logs = folder.appending(path: transport)
        let command = try Command.run(
            ["run", "--quiet", "--no-store", "--transport", transport, "--log-dir", logs.path]
                + options)
        #expect(command.errors == "")
        #expect(command.status == 0)
        let path = command.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let file = URL(fileURLWithPath: path)
        let model = try Data(
            contentsOf: file.deletingPathExtension().appendingPathExtension("safetensors"))
        let log = try JSONSerialization.jsonObject(with: try Data(contentsOf: file))
        var members = try #require(log as? [String: NSObject])
        for key in ["timings", "started"] { members[key] = nil }
        return (model, members)
    }

    @Test("The same model file and log over memory, binary and JSON", arguments: [1, 3])
    func sameBits(experiment: Int) throws {
        try Command.inTemporaryFolder { folder in
            let options =
                Command.tiny + ["--experiment", "\(experiment)", "--seed", "7", "--rounds", "3"]
            let memory = try run("memory", options, in: folder)
            for transport in ["http", "json"] {
                let other = try run(transport, options, in: folder)
                #expect(other.model == memory.model, "\(transport)")
                #expect(other.log == memory.log, "\(transport)")
            }
        }
    }

    static let settings: [[String]] =
        [
            [
                "--population", "7", "--cohort", "3", "--no-client-evaluation", "--evaluate-every",
                "2",
            ],
            ["--strategy", "fedprox", "--mu", "0.5", "--epochs", "3", "--gradient-clip", "0.5"],
            ["--strategy", "fedavgm", "--population", "5", "--cohort", "0.6", "--momentum", "0.5"],
            [
                "--strategy", "fednova", "--experiment", "3", "--momentum", "0.9", "--epochs",
                "1.5",
                "--learning-rate-decay", "0.5",
            ],
            ["--strategy", "fedsgd", "--experiment", "3", "--weight-decay", "0.01"],
            [
                "--strategy", "fedyogi", "--partition", "dirichlet:0.5", "--population", "6",
                "--cohort", "2", "--steps", "9", "--patience", "1",
            ],
            ["--strategy", "scaffold", "--population", "6", "--cohort", "3", "--experiment", "4"],
            ["--strategy", "scaffold", "--server-learning-rate", "0.5", "--momentum", "0.5"],
            ["--client-evaluation-fraction", "0.3", "--population", "5", "--cohort", "2"],
        ] + parts

    /// What the strategy's parts do where clients are, or with all updates at once.
    static let parts: [[String]] = [
        ["--strategy", "median", "--clients", "4"],
        ["--clip-update", "0.05", "--experiment", "3"],
        ["--compress", "topk:0.05"],
        ["--compress", "topk:0.2", "--clip-update", "0.1", "--strategy", "median"],
        ["--compress", "topk:0.1", "--strategy", "fedavgm", "--server-learning-rate", "0.5"],
    ]

    @Test(
        "What clients do to their updates, the server does for clients of the plain API",
        arguments: parts)
    func sameBitsOfPlainClients(options: [String]) throws {
        try sameBits(of: options, over: "json")
    }

    @Test("Cohorts, strategies, partitions and optimisers: the same over HTTP", arguments: settings)
    func sameBitsOfSettings(options: [String]) throws {
        try sameBits(of: options, over: "http")
    }

    private func sameBits(of options: [String], over transport: String) throws {
        try Command.inTemporaryFolder { folder in
            let options =
                [
                    "--dataset", try SmallImages.write(to: folder), "--model",
                    "logistic-regression", "--samples", "30", "--clients", "3", "--rounds", "4",
                    "--seed", "9",
                ] + options
            let memory = try run("memory", options, in: folder)
            let other = try run(transport, options, in: folder)
            #expect(other.model == memory.model)
            #expect(other.log == memory.log)
        }
    }

    @Test("A target accuracy and a diverged model end a run over loopback as they do in memory")
    func endings() throws {
        try Command.inTemporaryFolder { folder in
            for transport in ["memory", "http", "json"] {
                let target = try run(
                    transport, Command.tiny + ["--target-accuracy", "0.01"], in: folder)
                #expect(target.log["outcome"] == "target accuracy reached" as NSString)
                #expect((target.log["server acc"] as? [Double])?.count == 1)
            }
            var messages: Set<String> = []
            for transport in ["memory", "http"] {
                let run = try Command.run(
                    ["run"] + Command.tiny + [
                        "--learning-rate", "1e30", "--no-store", "--quiet", "--transport",
                        transport, "--log-dir", folder.appending(path: "diverged").path,
                    ])
                #expect(run.status == 1)
                let sentence = run.errors.split(separator: ";").first.map(String.init) ?? ""
                #expect(sentence.hasPrefix("federated: diverged: client 0 in round 1: "))
                messages.insert(sentence)
            }
            #expect(messages.count == 1, "\(messages)")
        }
    }
}
