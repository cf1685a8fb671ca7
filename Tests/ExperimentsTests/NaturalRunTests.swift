import Datasets
import Experiments
import Federation
import Foundation
import JSON
import TestSupport
import TestThreads
import Testing

@Suite("Runs whose clients are those of the data", .holdsItsThread)
struct NaturalRunTests {
    /// 300 images of three owners, who have 150, 100 and 50.
    private static let data: RunData = {
        var dataset = GeneratedDigits.dataset(trainCount: 300, testCount: 50, threads: 1)
        dataset.owners = SampleOwners(
            names: ["ann", "bob", "cid"],
            train: (0..<300).map { [0, 0, 0, 1, 1, 2][$0 % 6] })
        return RunData(dataset)
    }()

    private func spec(_ more: [String: JSONText] = [:]) throws -> RunSpec {
        var given = GivenSettings()
        given["partition"] = "natural"
        given["model"] = "logistic-regression"
        given["rounds"] = 1
        given["epochs"] = 1
        for (name, value) in more { given[name] = value }
        return try RunSpec(given).validated()
    }

    private typealias JSONText = JSONValue

    @Test("There are as many as the data have owners, unless it is said otherwise")
    func count() throws {
        #expect(try spec().clients == 0)
        let run = try ExperimentRun(spec(), data: Self.data)
        #expect(run.spec.clients == 3)
        let shards = (0..<3).map { run.parts.shards.sampleCount(client: $0, round: 1) }
        #expect(shards == [150, 100, 50])
        let same = try ExperimentRun(spec(["clients": 3]), data: Self.data)
        #expect(same.inputs == run.inputs && run.inputs.partition != nil)
        #expect(same.run().model == run.run().model)
        // What is written down of it is read back as the same run.
        #expect(try RunSpec(run.spec.given).validated() == run.spec)
        #expect(
            throws: PartitionError.ownerCount(partition: "natural", found: 3, wanted: 5)
        ) { try ExperimentRun(spec(["clients": 5]), data: Self.data) }
    }

    @Test("What contradicts the number of owners is refused when it is known")
    func contradictions() throws {
        let large = try spec(["cohort": 4])
        #expect(throws: SettingsError.cohortBeyondClients(cohort: 4, clients: 3)) {
            try ExperimentRun(large, data: Self.data)
        }
        #expect(throws: SettingsError.self) {
            var spec = RunSpec()
            spec.clients = 0
            _ = try spec.validated()
        }
        let plain = RunData(GeneratedDigits.dataset(trainCount: 30, testCount: 5, threads: 1))
        #expect(throws: PartitionError.noOwners(partition: "natural")) {
            try ExperimentRun(spec(), data: plain)
        }
    }

    @Test("Other owners of the same images are another division")
    func fingerprint() throws {
        var dataset = Self.data.dataset
        dataset.owners = SampleOwners(
            names: ["ann", "bob", "cid"], train: (0..<300).map { Int32($0 % 3) })
        let one = try ExperimentRun(spec(), data: Self.data).inputs
        let other = try ExperimentRun(spec(), data: RunData(dataset)).inputs
        #expect(one.data == other.data && one.partition != other.partition)
    }

    @Test("Who wrote each image is looked up beside the images")
    func writers() throws {
        try Command.inTemporaryFolder { folder in
            let images = try SmallImages.write(to: folder)
            let found = try RunData.load(images)
            for (name, samples) in [
                ("train", found.dataset.train), ("test", found.dataset.test),
            ] {
                var file = Data()
                func add(_ word: Int) {
                    withUnsafeBytes(of: UInt32(word).bigEndian) { file.append(contentsOf: $0) }
                }
                for word in [0x0c02, samples.count, 8] { add(word) }
                for (position, label) in samples.labels.enumerated() {
                    for word in [Int(label), 0, 40 + position % 2, 0, 0, 0, 0, 0] { add(word) }
                }
                try file.write(
                    to: URL(fileURLWithPath: images)
                        .appendingPathComponent("qmnist-\(name)-labels-idx2-int"))
            }
            let run = try ExperimentRun(spec(["partition": "writers"]), data: found)
            #expect(run.spec.clients == 2)
            #expect(run.data.dataset.owners?.names == ["40", "41"])
            #expect(run.data.notes.count == found.notes.count + 2)
        }
    }
}
