import TestThreads
import Testing
import Datasets

@Suite("Clients that the data name", .holdsItsThread) struct OwnersTests {
    private func table(
        _ text: String, column: String? = "who", also test: String? = nil
    ) throws -> Dataset {
        let folder = TemporaryFolder()
        let path = try folder.write(Array(text.utf8), to: "train.csv")
        if let test { try folder.write(Array(test.utf8), to: "test.csv") }
        var notes: [String] = []
        return try Dataset(
            table: path, options: DatasetOptions(clientColumn: column), notes: &notes)
    }

    /// Rows of each client, so many, and no feature of theirs.
    private func rows(_ counts: [(String, Int)]) -> String {
        "who,a,label\n"
            + counts.flatMap { name, count in
                (0..<count).map { "\(name),\($0),\($0 % 2)\n" }
            }.joined()
    }

    @Test("A client's column is no feature, and each client keeps a training sample")
    func column() throws {
        let dataset = try table(rows([("b", 10), ("a", 5), ("c", 1), ("d", 2)]))
        let owners = try #require(dataset.owners)
        #expect(owners.names == ["a", "b", "c", "d"])
        #expect(dataset.featureNames == ["a"])
        #expect((0..<4).map { owner in owners.train.count { $0 == owner } } == [4, 8, 1, 2])
        // Client c has no second sample, and of two a fifth is none.
        let tested = try #require(owners.test)
        #expect(owners.testNames == owners.names)
        #expect((0..<4).map { owner in tested.count { $0 == owner } } == [1, 2, 0, 0])
        let shards = try Partition.natural.divide(
            dataset.train, owners: owners, among: nil, seed: 9)
        #expect(shards.clientCount == 4)
        #expect((0..<4).map { shards.sampleCount(of: $0) } == [4, 8, 1, 2])
        #expect(
            try shards
                == Partition.natural.divide(
                    dataset.train, owners: owners, among: 4, seed: 1))
    }

    @Test("Names that are whole numbers are in the order of these")
    func order() throws {
        let owners = try #require(try table(rows([("10", 5), ("9", 5), ("2", 5)])).owners)
        #expect(owners.names == ["2", "9", "10"])
        #expect(owners.testNames == owners.names)
    }

    @Test("Whoever is tested on may be others, or have nothing to train on")
    func testFile() throws {
        let same = try #require(
            try table(rows([("a", 3), ("b", 2)]), also: rows([("b", 2)])).owners)
        #expect(same.test == [1, 1] && same.testNames == ["a", "b"])
        let others = try #require(
            try table(rows([("a", 3), ("b", 2)]), also: rows([("b", 2), ("z", 1)])).owners)
        #expect(others.names == ["a", "b"] && others.testNames == ["b", "z"])
        #expect(others.test == [0, 0, 1])
    }

    @Test("Somebody's sample is tested on, if anybody has two")
    func few() throws {
        let two = try table(rows([("a", 2), ("b", 1)]))
        #expect(two.train.count == 2 && two.test.count == 1)
        #expect(
            failure { () throws(DatasetError) in
                do {
                    _ = try table(
                        "who,a,label\na,1,0\nb,2,1\n")
                } catch let error as DatasetError {
                    throw error
                } catch {
                    Issue.record(error)
                }
            }?.description.hasSuffix(
                "train.csv has no client with two samples, one of which could be set aside for "
                    + "testing") == true)
    }

    @Test("A row that does not say whose it is is refused")
    func emptyClient() throws {
        for cell in ["", "?", " "] {
            #expect(
                failure { () throws(DatasetError) in
                    do {
                        _ = try table("who,a,label\na,1,0\n\(cell),2,1\n")
                    } catch let error as DatasetError {
                        throw error
                    } catch {
                        Issue.record(error)
                    }
                }?.description.hasSuffix(
                    "train.csv, line 3: the client, column “who”, is not known: each row needs one")
                    == true)
        }
    }

    // MARK: Partitions

    private func sentence(
        _ partition: Partition, _ images: Samples, _ owners: SampleOwners?,
        among clients: Int? = nil
    ) -> String? {
        partitionFailure { () throws(PartitionError) in
            _ = try partition.divide(images, owners: owners, among: clients, seed: 1)
        }?.description
    }

    @Test("Partitions by owners need owners, as many as clients, each with a sample")
    func refusals() throws {
        let images = try Labels.images([0, 1, 2, 3])
        let owners = SampleOwners(names: ["ann", "bob"], train: [0, 1, 1, 0])
        #expect(sentence(.natural, images, owners) == nil)
        #expect(sentence(.writers, images, owners, among: 2) == nil)
        #expect(
            sentence(.natural, images, nil)
                == "partition natural needs data that say whose each sample is: a table with "
                + "--client-column, a folder with a file for each client, LEAF's JSON; of MNIST, "
                + "writers does")
        #expect(
            sentence(.writers, images, nil)
                == "partition writers needs to know who wrote each digit, and nobody has looked that "
                + "up")
        #expect(
            sentence(.natural, images, owners, among: 5)
                == "partition natural has 2 clients, as many as the data, but 5 were asked for")
        let idle = SampleOwners(names: ["ann", "bob", "cid"], train: [0, 2, 2, 0], test: [1])
        #expect(
            sentence(.natural, images, idle)
                == "partition natural: client 1, “bob”, has no sample to train on")
    }

    @Test("Targets that are numbers are not divided by class")
    func regression() throws {
        let samples = try Samples(
            values: [1, 2, 3, 4], shape: [1], targets: [0.5, 1, 2, 3], targetCount: 1)
        for partition in [
            Partition.shards(perClient: 1, size: nil), .dirichlet(alpha: 1, minimum: 1),
            .labels(perClient: 1),
        ] {
            #expect(
                sentence(partition, samples, nil, among: 2)
                    == "partition \(partition) divides by class, but the targets of these data are "
                    + "numbers: take iid, log-normal, power-law, quantity-dirichlet, natural or "
                    + "csv:FILE")
        }
        for partition in [
            Partition.iid, .logNormal(sigma: 1), .powerLaw(exponent: 1),
            .quantityDirichlet(alpha: 1),
        ] {
            #expect(sentence(partition, samples, nil, among: 2) == nil)
        }
        for experiment in [Experiment.uniform, .skewed] {
            #expect(
                failure { () throws(DatasetError) in
                    _ = try ShardSampler(
                        labels: samples, experiment: experiment, samples: 2, seed: 1)
                }?.description
                    == "experiment \(experiment.rawValue) draws from every class, but the targets of "
                    + "these data are numbers: experiments 2 and 3 take them")
        }
        #expect(
            try ShardSampler(labels: samples, experiment: .equalRandom, samples: 2, seed: 1)
                .shard(client: 0, round: 1).count == 2)
    }
}
