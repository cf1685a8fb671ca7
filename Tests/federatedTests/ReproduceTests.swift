import Commands
import Experiments
import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("Published tables", .holdsItsThread)
struct ReproduceTests {
    @Test("Rounds to a target are interpolated on the best accuracy so far")
    func rounds() {
        let measure = Study.Measure.rounds(to: 0.9)
        #expect(measure.value(of: []) == nil)
        #expect(measure.value(of: [0.5, 0.89, 0.899]) == nil)
        // Between round 2 (0.8) and round 3 (1.0), half the way.
        #expect(measure.value(of: [0.5, 0.8, 1.0]) == 2.5)
        // A fall in between changes nothing: from the best so far, 0.8, to 1.0.
        #expect(measure.value(of: [0.8, 0.1, 1.0]) == 2.5)
        #expect(measure.value(of: [0.95]) == 1)
        #expect(measure.value(of: [0.5, 0.9]) == 2)
        #expect(Study.Measure.bestAccuracy.value(of: [0.3, 0.7, 0.5]) == 0.7)
        #expect(Study.Measure.bestAccuracy.value(of: []) == nil)
        let mean = Study.Measure.meanAccuracy(last: 2)
        #expect(mean.value(of: [0.1, 0.25, 0.75]) == 0.5)
        #expect(mean.value(of: [0.25]) == 0.25)
        #expect(mean.value(of: []) == nil)
        #expect(mean.isBetter(0.5, than: 0.25))
    }

    @Test("Every cell has a name of its own, a published number and settings that can run")
    func cells() {
        for study in Study.all {
            #expect(Set(study.cells.map(\.name)).count == study.cells.count)
            for cell in study.cells {
                #expect(cell.published.value > 0)
                #expect(!cell.learningRates.isEmpty)
                #expect(cell.settings.cohortSize >= 1)
                #expect(!cell.name.contains(where: { $0 == "," || $0 == " " }))
                #expect(throws: Never.self, "\(cell.name)") { try cell.settings.validated() }
                _ = cell.settings.rules
                _ = cell.settings.training
            }
        }
        #expect(Study.mcmahanTable2.cells.count == 18)
        #expect(Study.mcmahanTable1.cells.count == 20)
        #expect(Study.niidBench.cells.count == 20)
        #expect(Study.niidBenchCIFAR10.cells.count == 16)
        #expect(Study.niidBenchCIFAR10Authors.cells.count == 12)
        #expect(Study.fedProxStragglers.cells.count == 9)
        // C = 0 is one client a round.
        let smallest = Study.mcmahanTable1.cells.first { $0.name == "2nn-c0.0-iid" }
        #expect(smallest?.settings.cohortSize == 1)
    }

    @Test("A * stands for any letters")
    func patterns() {
        let name = "e5-b10-shards"
        for pattern in ["e5-b10-shards", "*", "e5*", "*shards", "e5*shards", "*b10*", "e5-*-*"] {
            #expect(Study.matches(name, pattern), "\(pattern)")
        }
        for pattern in ["e5", "*iid", "e1*", "*b50*", "e5-b10-shards*s", ""] {
            #expect(!Study.matches(name, pattern), "\(pattern)")
        }
    }

    @Test("A cell's rate is the best with the first seed; seeds that never got there are counted")
    func results() throws {
        let cell = try #require(Study.mcmahanTable2.cells.first { $0.name == "e5-b10-iid" })
        func row(_ seed: UInt64, _ rate: Float, _ accuracies: [Double]) -> StudyTable.Row {
            StudyTable.Row(
                cell: cell.name, seed: seed, learningRate: rate, limit: 90, outcome: "completed",
                accuracies: accuracies, seconds: 2, imagesPerSecond: 100)
        }
        let rows = [
            row(1, 0.1, [0.9, 0.98, 1.0]), row(1, 0.2, [0.98, 1.0]), row(2, 0.2, [0.5, 0.6]),
            row(3, 0.2, [0.98, 0.98, 0.98, 1.0]), row(3, 0.1, [1.0]),
        ]
        let result = StudyResult(cell, rows: rows)
        #expect(result.learningRate == 0.2)
        #expect(result.values.map(\.seed) == [1, 2, 3])
        #expect(result.text == "2.5 (1.5 – 3.5), 1 of 3 never")
        #expect(result.seconds == 10)
        #expect(StudyResult(cell, rows: []).text == "–")
        #expect(StudyResult(cell, rows: [row(1, 0.1, [0.5])]).text == "not in 90")
    }

    @Test("A run of other settings is none of the cell; earlier versions' are where MNIST's were")
    func settings() throws {
        func row(_ cell: StudyCell, _ data: String, _ settings: String) -> Bool {
            StudyTable.Row(
                cell: cell.name, seed: 1, learningRate: 0.1, limit: 3, outcome: "completed",
                accuracies: [1], seconds: 1, imagesPerSecond: 1, data: data, settings: settings
            ).isOf(cell)
        }
        let mnist = try #require(Study.niidBench.cells.first)
        let cifar = try #require(Study.niidBenchCIFAR10.cells.first)
        #expect(mnist.name == cifar.name && mnist.fingerprint != cifar.fingerprint)
        #expect(mnist.tried.fingerprint == mnist.fingerprint)
        for data in ["", "cdda8075045127b0"] {
            #expect(row(mnist, data, ""))
            #expect(row(mnist, data, mnist.fingerprint))
            #expect(!row(mnist, data, cifar.fingerprint))
        }
        #expect(row(cifar, "0123456789abcdef", cifar.fingerprint))
        #expect(!row(cifar, "0123456789abcdef", ""))
        #expect(!row(cifar, "0123456789abcdef", mnist.fingerprint))
        for study in Study.all {
            #expect(Set(study.cells.map(\.fingerprint)).count > 1, "\(study.name)")
        }
    }

    @Test("Tables of earlier versions are listed")
    func earlierTables() throws {
        try Command.inTemporaryFolder { folder in
            let row = "iid-fedavg,1,0.01,50,completed,1.0,100,0.5 0.75"
            for end in ["", ",data_fingerprint", ",data_fingerprint,settings_fingerprint"] {
                let commas = end.filter { $0 == "," }
                let text =
                    "cell,seed,learning_rate,round_limit,outcome,seconds,images_per_second,"
                    + "accuracies\(end)\n\(row)\(commas)\n"
                try Data(text.utf8).write(to: folder.appending(path: "niid-bench.csv"))
                let list = try Command.run(
                    ["reproduce", "niid-bench", "--list", "--output", folder.path])
                #expect(list.status == 0)
                #expect(list.output.contains("75.00%"), "\(end): \(list.output)")
            }
        }
    }

    @Test("A run on digits is only a try; it is kept, and found again")
    func quick() throws {
        try Command.inTemporaryFolder { folder in
            let options = [
                "reproduce", "mcmahan-table1", "--cells", "2nn-c0.0-iid", "--dataset", "digits",
                "--output", folder.path,
            ]
            let refused = try Command.run(options)
            #expect(refused.status == 1)
            #expect(
                refused.errors.hasPrefix(
                    "federated: a reproduction needs MNIST, and there is generated digits"))
            let first = try Command.run(options + ["--quick"])
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output.contains("2nn-c0.0-iid, rate 0.1, seed 1: not in 3 rounds"))
            let file = folder.appending(path: "mcmahan-table1-quick.csv")
            let rows = try String(contentsOf: file, encoding: .utf8)
            #expect(rows.split(separator: "\n").count == 2)
            let second = try Command.run(options + ["--quick"])
            #expect(second.status == 0)
            #expect(!second.output.contains("seed 1: not in"))
            #expect(try String(contentsOf: file, encoding: .utf8) == rows)
        }
    }

    static let wrong: [([String], String)] = [
        (
            ["x"],
            "there is no study “x”: they are mcmahan-table1, mcmahan-table2, niid-bench, "
                + "niid-bench-cifar10, niid-bench-cifar10-authors, fedprox-stragglers"
        ),
        (
            ["niid-bench", "--cells", "iid-fedavg,y"],
            "niid-bench has no cell “y”: they are iid-fedavg"
        ),
        (["niid-bench", "--jobs", "0"], "--jobs must be at least 1, not 0"),
        (
            ["niid-bench", "--learning-rates", "0"],
            "--learning-rates must be above 0 and finite, not 0.0"
        ),
    ]

    @Test("Wrong input is one line, status 64", arguments: wrong)
    func usage(options: [String], sentence: String) throws {
        let command = try Command.run(["reproduce"] + options)
        #expect(command.status == 64)
        #expect(command.errors.split(separator: "\n").count == 1)
        #expect(command.errors.contains(sentence), "\(command.errors)")
    }
}
