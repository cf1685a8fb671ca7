import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("federated partition, as a user types it", .holdsItsThread) struct PartitionCommandTests {
    static let digits = ["partition", "--dataset", "digits"]

    @Test("Prints who has how many images of each class")
    func table() throws {
        let found = try Command.run(
            Self.digits + ["--partition", "labels:2", "--clients", "3", "--seed", "4"])
        #expect(found.status == 0 && !found.errors.contains("federated:"), "\(found.errors)")
        let lines = found.output.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        #expect(
            lines[1]
                == "  partition  labels:2 (labels: images of 2 classes for each client)")
        #expect(lines[3] == "  seed       4")
        let rows = lines.filter { $0.hasPrefix("       ") || $0.hasPrefix("   all 3") }
        #expect(rows.count == 4, "\(found.output)")
        let counts = rows.map { row in
            row.split(separator: " ").suffix(10).map {
                $0 == "·" ? 0 : Int($0.replacingOccurrences(of: ",", with: "")) ?? -1
            }
        }
        for (row, client) in zip(counts.prefix(3), 0...) {
            #expect(row.count { $0 > 0 } == 2 && row[client] > 0)
        }
        for label in 0..<10 {
            #expect(counts.prefix(3).map { $0[label] }.reduce(0, +) == counts[3][label])
        }
        #expect(found.output.contains("  classes    2 classes a client\n"))
        #expect(found.output.contains("  left out   "))
    }

    @Test("Of many clients the table has the first ten")
    func manyClients() throws {
        let found = try Command.run(Self.digits + ["--partition", "iid", "--clients", "1000"])
        #expect(found.status == 0, "\(found.errors)")
        #expect(found.output.contains("       9  "))
        #expect(!found.output.contains("      10  "))
        #expect(found.output.contains("  all 1,000  "))
        #expect(!found.output.contains("left out"))
    }

    @Test("A CSV file is read back as the same partition")
    func csv() throws {
        try Command.inTemporaryFolder { folder in
            func counts(_ arguments: [String]) throws -> [String: Any] {
                let found = try Command.run(Self.digits + ["--json"] + arguments, in: folder)
                #expect(
                    found.status == 0 && !found.errors.contains("federated:"), "\(found.errors)")
                let json = try JSONSerialization.jsonObject(with: Data(found.output.utf8))
                return try #require(json as? [String: Any])
            }
            let written = try counts([
                "--partition", "dirichlet:0.5", "--clients", "20", "--csv", "clients.csv",
            ])
            let read = try counts(["--partition", "csv:clients.csv"])
            let table = try #require(read["class_counts"] as? [[Int]])
            #expect(table.count == 20 && table.allSatisfy { $0.count == 10 })
            #expect(table == written["class_counts"] as? [[Int]])
            #expect(table.map { $0.reduce(0, +) } == read["sizes"] as? [Int])
            #expect(read["clients"] as? Int == 20)
            #expect(written["name"] as? String == "dirichlet:0.5")
            #expect(read["name"] as? String == "csv:clients.csv")

            let refused = try Command.run(
                Self.digits + ["--partition", "csv:clients.csv", "--clients", "19"], in: folder)
            #expect(refused.status == 1 && refused.output.isEmpty)
            #expect(
                refused.errors
                    == "federated: clients.csv names 20 clients, but 19 were asked for\n")
        }
    }

    @Test("Experiments show their first round")
    func experiments() throws {
        let found = try Command.run(
            Self.digits + ["--experiment", "1", "--samples", "100", "--clients", "2"])
        #expect(found.status == 0, "\(found.errors)")
        #expect(found.output.contains("  draw       experiment 1 (uniform: "))
        #expect(found.output.contains("  seed       1, round 1\n"))
        #expect(
            found.output.contains(
                "\n       1     100  10  10  10  10  10  10  10  10  10  10\n"), "\(found.output)")
    }

    @Test("Wrong usage is one line on standard error, status 64")
    func usage() throws {
        for (arguments, sentence) in [
            ([], "one of --partition and --experiment is needed"),
            (
                ["--partition", "iid", "--experiment", "1"],
                "--partition and --experiment contradict each other"
            ),
            (["--partition", "iid:2"], "partition “iid:2” is not understood: expected iid"),
            (
                ["--partition", "dirichlet:0"],
                "partition dirichlet:0 needs its alpha to be above 0 and finite, not 0.0"
            ),
            (
                ["--partition", "iid", "--samples", "600"],
                "--samples goes with --experiment: a partition divides all images"
            ),
            (
                ["--experiment", "2", "--csv", "a.csv"],
                "--csv goes with --partition: an experiment draws anew in every round"
            ),
            (["--experiment", "5"], "there is no experiment 5: they are 1, 2, 3 and 4"),
            (["--partition", "iid", "--clients", "0"], "--clients must be at least 1, not 0"),
        ] {
            let found = try Command.run(Self.digits + arguments)
            #expect(found.status == 64 && found.output.isEmpty)
            #expect(found.errors == "federated: \(sentence)\n")
        }
    }

    @Test("Data that cannot be divided is one line on standard error, status 1")
    func indivisible() throws {
        let found = try Command.run(
            Self.digits + ["--partition", "iid", "--clients", "1000000", "--csv", "none.csv"])
        #expect(found.status == 1 && found.output.isEmpty)
        #expect(found.errors.hasSuffix("are too few for 1000000 clients with at least 1 each\n"))
        #expect(!FileManager.default.fileExists(atPath: "none.csv"))
    }
}
