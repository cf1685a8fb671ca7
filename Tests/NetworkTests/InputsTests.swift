import Experiments
import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("What a run reads is known by what it holds, not by its name", .holdsItsThread)
struct InputsTests {
    private static let usual =
        "--model logistic-regression --epochs 1 --evaluation-fraction 0.2 --seed 3"

    /// Two data sets in folders of one name, of which the second has one pixel changed.
    private func twins(in folder: URL) throws -> (String, String) {
        let first = try SmallImages.write(to: folder.appending(path: "a"))
        let second = try SmallImages.write(to: folder.appending(path: "b"))
        let file = URL(fileURLWithPath: second).appending(path: "train-images-idx3-ubyte")
        var bytes = try Data(contentsOf: file)
        bytes[5000] ^= 1
        try bytes.write(to: file)
        return (first, second)
    }

    /// Divides 600 images among three clients; the second form gives one image to another.
    private func partition(_ isChanged: Bool, line: String = "\n") -> Data {
        var text = "client,index" + line
        for index in 0..<SmallImages.trainCount {
            let client = isChanged && index == 7 ? (index + 1) % 3 : index % 3
            text += "\(client),\(index)\(line)"
        }
        return Data(text.utf8)
    }

    @Test("A run goes on with the division that it began with, or not at all")
    func resumed() throws {
        try Command.inTemporaryFolder { folder in
            let images = try SmallImages.write(to: folder)
            let file = folder.appending(path: "p.csv")
            let run =
                "$F run --partition csv:p.csv --clients 3 --rounds 100000 --dataset \(images) "
                + "\(Self.usual) --no-client-evaluation"
            let stop =
                "for i in $(seq 200); do grep -q ' 3/100000' out && break; sleep 0.05; done; "
                + "kill -TERM $!; wait $!"
            try partition(false).write(to: file)
            let begun = try Command.shell("\(run) > out & \(stop)", in: folder)
            #expect(begun.status == 130, "\(begun.errors)")
            try partition(true).write(to: file)
            for arguments in ["", "--quiet", "--rounds 100000 --clients 3"] {
                let changed = try Command.shell("$F run --resume \(arguments)", in: folder)
                #expect(changed.status == 1)
                #expect(
                    changed.errors.hasSuffix(
                        " cannot be resumed: p.csv divides the images otherwise than when it was "
                            + "begun\n"), "\(changed.errors)")
            }
            // Other line ends are the same division.
            try partition(false, line: "\r\n").write(to: file)
            let same = try Command.shell(
                "rm out; $F run --resume > out & "
                    + "for i in $(seq 200); do grep -q 'resumed after round' out && break; sleep 0.05; done; "
                    + "sleep 0.3; kill -TERM $!; wait $!", in: folder)
            #expect(same.status == 130, "\(same.errors)")
        }
    }

    @Test("A sweep takes no row of other data or of another division")
    func sweeps() throws {
        try Command.inTemporaryFolder { folder in
            let (first, second) = try twins(in: folder)
            func sweep(_ dataset: String, _ more: String = "") throws -> String {
                let command = try Command.shell(
                    "$F sweep --rounds 1 --samples 30 --clients 3 --dataset \(dataset) "
                        + "--output s.csv \(Self.usual) \(more)", in: folder)
                #expect(command.status == 0, "\(command.errors)")
                return command.output
            }
            #expect(try sweep(first).contains("1 combination, 0 already"))
            #expect(try sweep(second).contains("1 combination, 0 already"))
            #expect(try sweep(first).contains("1 combination, 1 already"))
            #expect(try sweep(second).contains("1 combination, 1 already"))
            let file = folder.appending(path: "p.csv")
            let divided = "--partition csv:\(file.path)"
            try partition(false).write(to: file)
            #expect(try sweep(first, divided).contains("1 combination, 0 already"))
            try partition(true).write(to: file)
            #expect(try sweep(first, divided).contains("1 combination, 0 already"))
            try partition(false, line: "\r\n").write(to: file)
            #expect(try sweep(first, divided).contains("1 combination, 1 already"))
            let text = try String(contentsOf: folder.appending(path: "s.csv"), encoding: .utf8)
            let rows = text.split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            let column = try #require(rows[0].firstIndex(of: "data_fingerprint"))
            let fingerprints = rows.dropFirst().map { "\($0[column]) \($0[column + 1])" }
            #expect(fingerprints.count == 4 && Set(fingerprints).count == 4)

            // An earlier version's table, whose rows leave defaults out, is not gone on with.
            let old = "experiment,clients,outcome,final_accuracy,log\n1,5,completed,0.5,a.json\n"
            try Data(old.utf8).write(to: folder.appending(path: "s.csv"))
            let refused = try Command.shell(
                "$F sweep --dataset \(first) --output s.csv \(Self.usual)", in: folder)
            #expect(refused.status == 1)
            #expect(
                refused.errors
                    == "federated: s.csv is a sweep of an earlier version, whose rows leave defaults "
                    + "out: give another file with --output\n")
            #expect(
                try String(contentsOf: folder.appending(path: "s.csv"), encoding: .utf8) == old)
        }
    }

    @Test("A study takes no row of other data; old rows are MNIST's, but for tries")
    func studies() throws {
        try Command.inTemporaryFolder { folder in
            let (first, second) = try twins(in: folder)
            let table = folder.appending(path: "o/mcmahan-table1-quick.csv")
            try FileManager.default.createDirectory(
                at: folder.appending(path: "o"), withIntermediateDirectories: true)
            let old =
                "cell,seed,learning_rate,round_limit,outcome,seconds,images_per_second,accuracies\n"
                + "2nn-c0.0-iid,1,0.1,3,completed,1.0,100,0.5 0.6 0.7\n"
            try Data(old.utf8).write(to: table)
            func rows(_ dataset: String) throws -> Int {
                let command = try Command.shell(
                    "$F reproduce mcmahan-table1 --cells 2nn-c0.0-iid --quick --output o "
                        + "--dataset \(dataset)", in: folder)
                #expect(command.status == 0, "\(command.errors)")
                let text = try String(contentsOf: table, encoding: .utf8)
                let heading = old.prefix { $0 != "\n" }
                #expect(text.hasPrefix("\(heading),data_fingerprint,settings_fingerprint\n"))
                return text.split(separator: "\n").count - 1
            }
            // 600 images make 100 clients of 6.
            #expect(try rows(first) == 2)
            #expect(try rows(second) == 3)
            #expect(try rows(first) == 3)
            #expect(try rows("digits") == 4)
            // A folder that is called mnist is not MNIST.
            let other = try Command.shell(
                "ln -s \(second) mnist; $F reproduce mcmahan-table1 --output o --dataset ./mnist",
                in: folder)
            #expect(other.status == 1)
            #expect(other.errors.hasPrefix("federated: a reproduction needs MNIST, and there is "))
            let mnist = StudyTable.Row(
                cell: "x", seed: 1, learningRate: 0.1, limit: 1, outcome: "completed",
                accuracies: [], seconds: 1, imagesPerSecond: 1)
            #expect(mnist.isOf("cdda8075045127b0", trustsName: true))
            #expect(!mnist.isOf("cdda8075045127b0", trustsName: false))
            #expect(!mnist.isOf("0123456789abcdef", trustsName: true))
        }
    }

    @Test("A client trains on the server's data, or on its own where that is said")
    func joining() throws {
        try Command.inTemporaryFolder { folder in
            let (first, second) = try twins(in: folder)
            // A folder whose name is that of other data.
            let named = folder.appending(path: "digits").path
            try FileManager.default.moveItem(atPath: first, toPath: named)
            let usual = Self.usual.split(separator: " ").map(String.init)
            func serve(_ more: [String]) throws -> (Running, String) {
                let server = try Running(
                    [
                        "serve", "--once", "--quiet", "--port", "0", "--no-store", "--clients", "1",
                        "--rounds", "1", "--log-dir", folder.appending(path: "logs").path,
                        "--dataset", named,
                    ] + usual + more)
                return (server, try #require(server.nextLine()))
            }
            func join(_ address: String, _ more: [String]) throws -> Command {
                try Running(["join", address, "--id", "0"] + more).wait()
            }
            let (server, address) = try serve(["--samples", "30"])
            let end =
                "holds other images than the server's digits: name the server's data with --dataset or "
                + "--data-dir, or say with --own-data that this client trains on its own\n"
            let byName = try join(address, [])
            #expect(byName.status == 1)
            #expect(byName.errors.hasPrefix("federated: generated digits, seed 1 \(end)"))
            let other = try join(address, ["--dataset", second])
            #expect(other.status == 1)
            #expect(other.errors.hasSuffix(end))
            let same = try join(address, ["--dataset", named])
            #expect(same.status == 0, "\(same.errors)")
            #expect(server.wait().status == 0)
            for own in [["--dataset", second], ["--dataset", "digits"]] {
                let (server, address) = try serve(["--samples", "30"])
                let meant = try join(address, own + ["--own-data"])
                #expect(meant.status == 0, "\(meant.errors)")
                #expect(meant.output.contains(", its own, "))
                #expect(server.wait().status == 0)
            }
            let file = folder.appending(path: "p.csv")
            let line = { (index: Int) in "\(index < 300 ? "a" : "b"),\(index)\n" }
            try Data((0..<600).map(line).joined().utf8).write(to: file)
            let (divided, place) = try serve(
                ["--partition", "csv:\(file.path)", "--clients", "2"])
            defer { divided.kill() }
            try Data((0..<599).map(line).joined().utf8).write(to: file)
            let stale = try join(place, ["--dataset", named])
            #expect(stale.status == 1)
            #expect(
                stale.errors.hasPrefix(
                    "federated: the partition csv:\(file.path) divides the images otherwise here than "
                        + "on the server"), "\(stale.errors)")
        }
    }

    @Test("The log tells what was read")
    func log() throws {
        try Command.inTemporaryFolder { folder in
            let (first, second) = try twins(in: folder)
            let file = folder.appending(path: "p.csv")
            try partition(false).write(to: file)
            var seen = Set<String>()
            for options in [
                "--dataset \(first) --samples 30", "--dataset \(second) --samples 30",
                "--dataset \(first) --partition csv:p.csv",
            ] {
                let run = try Command.shell(
                    "$F run --json --rounds 1 --clients 3 \(options) \(Self.usual)", in: folder)
                #expect(run.status == 0, "\(run.errors)")
                let log = try #require(
                    JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
                let data = try #require(log["data_fingerprint"] as? String)
                let partition = log["partition_fingerprint"] as? String
                #expect(data.count == 16)
                #expect((partition?.count == 16) == options.contains("csv:"))
                seen.insert("\(data) \(partition ?? "")")
            }
            #expect(seen.count == 3)
        }
    }
}
