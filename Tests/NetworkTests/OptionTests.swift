import Commands
import Experiments
import Federation
import Foundation
import NetworkCommands
import TestSupport
import TestThreads
import Testing
import Training

/// Settings that make no sense, alone or together.
@Suite("Refused before any training: one sentence, status 64", .holdsItsThread)
struct OptionRefusalTests {
    static let population: [([String], String)] = [
        (["--population", "0"], "--clients must be at least 1, not 0"),
        (["--cohort", "6"], "--cohort is 6: there are 5 clients"),
        (["--population", "99", "--cohort", "100"], "--cohort is 100: there are 99 clients"),
        (["--cohort", "0"], "--cohort must be at least 1, not 0"),
        (["--cohort=-2"], "--cohort must be at least 1, not -2"),
        (["--cohort", "1.5"], "--cohort must be a number, or a fraction to 1.0, not 1.5"),
        (["--cohort=-0.1"], "--cohort must be a number, or a fraction to 1.0, not -0.1"),
        (["--cohort", "some"], "The value 'some' is invalid for '--cohort <cohort>'"),
        (["--cohort", "nan"], "The value 'nan' is invalid for '--cohort <cohort>'"),
        (["--over-selection", "0.9"], "--over-selection must be 1 to 100, not 0.9"),
        (["--over-selection", "101"], "--over-selection must be 1 to 100, not 101.0"),
        (["--minimum-clients", "0"], "--minimum-clients must be at least 1, not 0"),
        (
            ["--population", "50", "--cohort", "0.1", "--minimum-clients", "6"],
            "--minimum-clients is 6: a round has 5 clients"
        ),
        (
            ["--experiment", "1", "--partition", "iid"],
            "--experiment and --partition exclude each other"
        ),
        (
            ["--partition", "iid", "--fixed-shards"],
            "--fixed-shards belongs to an experiment: a partition is fixed"
        ),
        (
            ["--partition", "dirichlet:0"],
            "partition dirichlet:0 needs its alpha to be above 0 and finite, not 0.0"
        ),
        (
            ["--partition", "dirichlet:-1"],
            "partition dirichlet:-1 needs its alpha to be above 0 and finite, not -1.0"
        ),
        (
            ["--partition", "labels:11"],
            "partition labels:11 asks for 11 labels per client, but there are 10 classes"
        ),
        (
            ["--partition", "shards:two"],
            "partition “shards:two” is not understood: expected shards:COUNT or shards:COUNTxSIZE"
        ),
        (
            ["--partition", "magic"],
            "there is no partition “magic”: they are iid, shards:COUNT or shards:COUNTxSIZE, "
        ),
    ]

    static let training: [([String], String)] = [
        (["--epochs", "0"], "--epochs must be above 0 and at most 1e6, not 0.0"),
        (["--epochs", "2000000"], "--epochs must be above 0 and at most 1e6, not 2000000.0"),
        (["--epochs", "nan"], "--epochs must be above 0 and at most 1e6, not nan"),
        (["--epochs=-0.5"], "--epochs must be above 0 and at most 1e6, not -0.5"),
        (["--steps", "0"], "--steps must be at least 1, not 0"),
        (["--epochs", "1", "--steps", "5"], "--epochs and --steps exclude each other"),
        (["--batch-size", "0"], "--batch-size must be at least 1, not 0"),
        (["--batch-size", "most"], "The value 'most' is invalid for '--batch-size <batch>'"),
        (
            ["--learning-rate-decay", "0"],
            "--learning-rate-decay must be above 0 and at most 1, not 0.0"
        ),
        (
            ["--learning-rate-decay", "1.01"],
            "--learning-rate-decay must be above 0 and at most 1, not 1.01"
        ),
        (["--momentum", "1"], "--momentum must be at least 0 and below 1, not 1.0"),
        (["--momentum=-0.1"], "--momentum must be at least 0 and below 1, not -0.1"),
        (["--weight-decay=-1"], "--weight-decay must be at least 0 and finite, not -1.0"),
        (["--gradient-clip", "0"], "--gradient-clip must be above 0 and finite, not 0.0"),
        (
            ["--target-accuracy", "1.01"],
            "--target-accuracy must be above 0 and at most 1, not 1.01"
        ),
        (["--target-accuracy", "0"], "--target-accuracy must be above 0 and at most 1, not 0.0"),
        (["--patience", "0"], "--patience must be at least 1, not 0"),
        (["--evaluate-every", "0"], "--evaluate-every must be at least 1, not 0"),
    ]

    private static let oneStep =
        "fedsgd is one step over all of a client's samples: leave --epochs, --steps and "
        + "--batch-size out, or take fedavg"

    static let strategies: [([String], String)] = [
        (["--mu", "0.1"], "--mu belongs to fedprox: the strategy is fedavg"),
        (
            ["--strategy", "scaffold", "--mu", "0.1"],
            "--mu belongs to fedprox: the strategy is scaffold"
        ),
        (["--strategy", "fedprox", "--mu=-1"], "--mu must be at least 0 and finite, not -1.0"),
        (["--strategy", "fedprox", "--mu", "inf"], "--mu must be at least 0 and finite, not inf"),
        (
            ["--server-learning-rate", "0.5"],
            "--server-learning-rate belongs to scaffold, fednova, fedavgm, fedadagrad, fedadam, "
                + "fedyogi: the strategy is fedavg"
        ),
        (
            ["--strategy", "fedadam", "--server-learning-rate", "0"],
            "--server-learning-rate must be above 0 and finite, not 0.0"
        ),
        (
            ["--strategy", "fedadam", "--server-momentum", "0.5"],
            "--server-momentum belongs to fedavgm: the strategy is fedadam"
        ),
        (
            ["--strategy", "fedavgm", "--server-momentum", "1"],
            "--server-momentum must be at least 0 and below 1, not 1.0"
        ),
        (
            ["--strategy", "fedavgm", "--beta1", "0.5"],
            "--beta1 belongs to fedadagrad, fedadam, fedyogi: the strategy is fedavgm"
        ),
        (
            ["--strategy", "fedadagrad", "--beta2", "0.5"],
            "--beta2 belongs to fedadam, fedyogi: the strategy is fedadagrad"
        ),
        (
            ["--strategy", "fedyogi", "--beta1", "1"],
            "--beta1 must be at least 0 and below 1, not 1.0"
        ),
        (
            ["--strategy", "fedadam", "--beta2=-0.5"],
            "--beta2 must be at least 0 and below 1, not -0.5"
        ),
        (["--tau", "1"], "--tau belongs to fedadagrad, fedadam, fedyogi: the strategy is fedavg"),
        (["--strategy", "fedadam", "--tau", "0"], "--tau must be above 0 and finite, not 0.0"),
        (["--strategy", "fedsgd", "--epochs", "2"], oneStep),
        (["--strategy", "fedsgd", "--steps", "3"], oneStep),
        (["--strategy", "fedsgd", "--batch-size", "8"], oneStep),
        (["--clip-update", "0"], "--clip-update must be above 0 and finite, not 0.0"),
        (["--clip-update", "nan"], "--clip-update must be above 0 and finite, not nan"),
        (
            ["--strategy", "fednova", "--clip-update", "1"],
            "FedNova: FedNova weighs clients by their samples, and here all are to weigh the same"
        ),
        (
            ["--strategy", "fednova", "--weighting", "equal"],
            "--weighting belongs to fedavg, fedsgd, fedprox, scaffold, fedavgm, fedadagrad, fedadam, "
                + "fedyogi: the strategy is fednova"
        ),
        (
            ["--weighting", "capped:0"],
            "--weighting must be samples, batches, equal or capped:COUNT, not “capped:0”"
        ),
        (
            ["--weighting", "batches", "--clip-update", "1"],
            "--clip-update and --weighting batches exclude each other"
        ),
        (
            ["--compress", "topk:2"],
            "--compress must be topk:FRACTION, the fraction above 0 and at most 1, not topk:2"
        ),
        (
            ["--compress", "zip"],
            "--compress must be topk:FRACTION, the fraction above 0 and at most 1, not zip"
        ),
        (["--strategy", "magic"], "The value 'magic' is invalid for '--strategy <strategy>'"),
    ]

    /// Of `run` alone.
    static let inProcess: [([String], String)] = [
        (["--availability", "0"], "--availability must be above 0 and at most 1, not 0.0"),
        (["--availability", "1.5"], "--availability must be above 0 and at most 1, not 1.5"),
        (["--dropout-before", "1"], "--dropout-before must be at least 0 and below 1, not 1.0"),
        (["--dropout-after=-0.1"], "--dropout-after must be at least 0 and below 1, not -0.1"),
        (
            ["--transport", "http", "--availability", "0.5"],
            "--availability is simulated in memory: over --transport http clients are there"
        ),
        (
            ["--transport", "json", "--dropout-after", "0.5"],
            "--dropout-after is simulated in memory: over --transport json clients are there"
        ),
        (
            ["--strategy", "scaffold", "--transport", "json"],
            "--transport json carries models alone, and scaffold corrects clients by control "
                + "variates: take --transport http"
        ),
    ]

    /// Of `serve` alone.
    static let served: [([String], String)] = [
        (["--availability", "0.5"], "Unknown option '--availability'"),
        (["--transport", "http"], "Unknown option '--transport'"),
    ]

    private func check(_ command: String, _ options: [String], _ sentence: String) {
        let error = #expect(throws: (any Error).self) {
            try FederatedWithNetwork.parseAsRoot([command] + options)
        }
        guard let error else { return }
        #expect(FederatedWithNetwork.exitCode(for: error).rawValue == 64)
        let message = FederatedWithNetwork.message(for: error)
        // What ArgumentParser says may be followed by a hint, and lists are long.
        let isWhole = !sentence.contains("'") && !sentence.hasSuffix(", ")
        #expect(isWhole ? message == sentence : message.hasPrefix(sentence), "\(message)")
    }

    @Test("run", arguments: population + training + strategies + inProcess)
    func run(options: [String], sentence: String) {
        check("run", options, sentence)
    }

    @Test("serve", arguments: population + training + strategies + served)
    func serve(options: [String], sentence: String) {
        check("serve", options, sentence)
    }

    @Test("As a process: one line, and nothing was begun")
    func process() throws {
        try Command.inTemporaryFolder { folder in
            for (command, (options, sentence)) in [
                ("run", Self.population[1]), ("run", Self.strategies[0]),
                ("serve", Self.served[0]), ("run", Self.inProcess[6]),
            ] {
                let found = try Command.run([command] + options, in: folder)
                #expect(found.status == 64)
                #expect(found.output == "")
                #expect(found.errors == "federated: \(sentence)\n")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test("What only the data can tell is one sentence, status 1, and leaves no log")
    func divisions() throws {
        try Command.inTemporaryFolder { folder in
            try Data("client,index\na,1\na,1\n".utf8).write(
                to: folder.appending(path: "twice.csv"))
            try Data("a,99999\n".utf8).write(to: folder.appending(path: "range.csv"))
            let data = [
                "--dataset", try SmallImages.write(to: folder), "--model", "logistic-regression",
            ]
            let cases: [([String], String)] = [
                (
                    ["--partition", "shards:2", "--clients", "7"],
                    "600 images do not make 7 × 2 = 14 shards of equal size: say a size, like "
                        + "shards:2x42, which leaves some images out"
                ),
                (
                    ["--partition", "shards:2x30", "--clients", "11"],
                    "11 clients with 2 shards of 30 each need more than the 600 images there are"
                ),
                (
                    ["--partition", "iid", "--clients", "700"],
                    "600 images are too few for 700 clients with at least 1 each"
                ),
                (
                    ["--partition", "csv:twice.csv", "--clients", "1"],
                    "twice.csv, line 3: image 1 is given a second time, first in line 2"
                ),
                (
                    ["--partition", "csv:range.csv", "--clients", "1"],
                    "range.csv, line 1: there is no image 99999, they are 0 to 599"
                ),
            ]
            for (options, sentence) in cases {
                let command = try Command.run(["run", "--no-store"] + options + data, in: folder)
                #expect(command.status == 1)
                #expect(command.output == "")
                #expect(command.errors == "federated: \(sentence)\n")
                let logs = folder.appending(path: "Logs").path
                let left = (try? FileManager.default.contentsOfDirectory(atPath: logs)) ?? []
                #expect(left.isEmpty)
            }
        }
    }
}
