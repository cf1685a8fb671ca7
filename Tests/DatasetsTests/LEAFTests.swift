import TestThreads
import Testing
import Datasets

@Suite("LEAF's JSON", .holdsItsThread) struct LEAFTests {
    private let folder = TemporaryFolder()

    private func read(
        _ files: [String: String], _ options: DatasetOptions = DatasetOptions()
    ) throws -> Dataset {
        for (name, text) in files { try folder.write(Array(text.utf8), to: name) }
        var notes: [String] = []
        return try Dataset(leaf: folder.path, options: options, notes: &notes)
    }

    private func refusal(_ text: String) throws -> String? {
        let path = try folder.write(Array(text.utf8), to: "all.json")
        var notes: [String] = []
        return failure { () throws(DatasetError) in _ = try Dataset(leaf: path, notes: &notes) }?
            .description.replacing(folder.path + "/", with: "")
    }

    private static func file(_ users: [(String, x: String, y: String)], counts: String) -> String {
        let names = users.map { "\"\($0.0)\"" }.joined(separator: ", ")
        let data = users.map { "\"\($0.0)\": {\"x\": \($0.x), \"y\": \($0.y)}" }
            .joined(separator: ", ")
        return "{\"users\": [\(names)], \"num_samples\": \(counts), \"user_data\": {\(data)}}"
    }

    @Test("Users of train and test folders, over several files")
    func folders() throws {
        let dataset = try read([
            "train/b.json": Self.file([("u1", "[[5, 6]]", "[2]")], counts: "[1]"),
            // In another order, and with what nobody asked for.
            "train/a.json":
                "{\"hierarchies\": [[\"h\", {\"a\": null}]], \"user_data\": {\"u10\": "
                + "{\"y\": [1, 0], \"x\": [[1, 2], [3, 4.5]], \"raw\": \"…\"}}, \"users\": [\"u10\"]}",
            "test/a.json": Self.file(
                [("u1", "[[7, 8]]", "[0]"), ("u10", "[]", "[]")], counts: "[1, 0]"),
        ])
        #expect(dataset.train.shape == [2])
        #expect(dataset.train.values == [1, 2, 3, 4.5, 5, 6])
        #expect(dataset.train.labels == [1, 0, 2] && dataset.classCount == 3)
        #expect(dataset.test.values == [7, 8] && dataset.test.labels == [0])
        #expect(
            dataset.owners
                == SampleOwners(names: ["u1", "u10"], train: [1, 1, 0], test: [0]))
    }

    @Test("One file: a part of each user's samples is tested on")
    func split() throws {
        let users = (0..<3).map { user in
            let numbers = (0..<5 * (user + 1))
            return (
                "\(user)", x: "[\(numbers.map { "[\($0), \(user)]" }.joined(separator: ","))]",
                y: "[\(numbers.map { "\($0 % 2)" }.joined(separator: ","))]"
            )
        }
        let path = try folder.write(
            Array(Self.file(users, counts: "[5, 10, 15]").utf8), to: "f.json")
        var notes: [String] = []
        let dataset = try Dataset(leaf: path, notes: &notes)
        let owners = try #require(dataset.owners)
        #expect((0..<3).map { user in owners.train.count { $0 == user } } == [4, 8, 12])
        #expect((0..<3).map { user in owners.test?.count { $0 == user } } == [1, 2, 3])
        // Each sample says whose it is.
        for (sample, owner) in owners.train.enumerated() {
            #expect(dataset.train.values[2 * sample + 1] == Float(owner))
        }
        #expect(notes.count == 1 && notes[0].contains("6 of its 30"))
    }

    @Test("Test users who are others, and whoever has nothing to train on")
    func otherUsers() throws {
        let dataset = try read([
            "data/train/t.json": Self.file(
                [("a", "[[1],[2]]", "[0,1]"), ("b", "[]", "[]")], counts: "[2, 0]"),
            "data/test/t.json": Self.file([("z", "[[3]]", "[1]")], counts: "[1]"),
        ])
        let owners = try #require(dataset.owners)
        #expect(owners.names == ["a", "b"] && owners.testNames == ["z"] && owners.test == [0])
        #expect(
            partitionFailure { () throws(PartitionError) in
                _ = try Partition.natural.divide(
                    dataset.train, owners: owners, among: nil, seed: 1)
            }?.description == "partition natural: client 1, “b”, has no sample to train on")
    }

    @Test("784 numbers are an image of 28×28; nested lists are what they are")
    func shapes() throws {
        let flat = "[" + [String](repeating: "0.5", count: 784).joined(separator: ",") + "]"
        for (sample, shape) in [
            (flat, [28, 28, 1]), ("[1,2,3,4]", [4]), ("[[1,2],[3,4],[5,6]]", [3, 2, 1]),
            ("[[[1,2,3],[4,5,6]]]", [1, 2, 3]), ("7", [1]),
        ] {
            let file = Self.file(
                [("a", "[\(sample),\(sample)]", "[0,1]")], counts: "[2]")
            let path = try folder.write(Array(file.utf8), to: "s.json")
            var notes: [String] = []
            let dataset = try Dataset(leaf: path, notes: &notes)
            #expect(dataset.train.shape == shape)
            #expect(dataset.train.isVector == (shape.count == 1))
        }
    }

    @Test("Labels with a fraction are targets, whole floats classes")
    func labels() throws {
        func dataset(_ labels: String) throws -> Dataset {
            let file = Self.file([("a", "[[1],[2],[3]]", labels)], counts: "[3]")
            let path = try folder.write(Array(file.utf8), to: "s.json")
            var notes: [String] = []
            return try Dataset(leaf: path, notes: &notes)
        }
        #expect(try dataset("[0.5, 2, 3]").train.targetCount == 1)
        #expect(try dataset("[-1, 2, 3]").train.targetCount == 1)
        let whole = try dataset("[0.0, 4.0, 1e0]")
        #expect(whole.train.targetCount == 0 && whole.classCount == 5)
    }

    @Test("What is not LEAF's is refused with its place")
    func refusals() throws {
        let deep = String(repeating: "[", count: 100_000)
        for (text, sentence) in [
            ("[]", "all.json, byte 0: expected an object"),
            ("{\"users\": []", "all.json, byte 12: expected a comma or the end of the object"),
            (
                "{\"user_data\": {}}",
                "all.json has no member “users”: LEAF's files have users, num_samples and user_data"
            ),
            (
                "{\"users\": []}",
                "all.json has no member “user_data”: LEAF's files have users, num_samples and "
                    + "user_data"
            ),
            (Self.file([], counts: "[]"), "all.json has no user with a sample"),
            (
                Self.file([("a", "[\"to be\", \"or\"]", "[0,1]")], counts: "[2]"),
                "all.json: the samples of “a” are text, but models here take numbers"
            ),
            (
                Self.file([("a", "[[1, \"b\"]]", "[0]")], counts: "[1]"),
                "all.json: the samples of “a” are text, but models here take numbers"
            ),
            (
                Self.file([("a", "[[1],[2]]", "[0]")], counts: "[2]"),
                "all.json: the user “a” has 2 samples, but 1 labels"
            ),
            (
                Self.file([("a", "[[1],[2]]", "[0,1]")], counts: "[3]"),
                "all.json: the user “a” has 2 samples, but num_samples says 3"
            ),
            (
                Self.file([("a", "[[1],[2]]", "[0,1]"), ("b", "[[1,2]]", "[0]")], counts: "[2,1]"),
                "all.json: a sample of “b” is 2 numbers, but one of “a” is 1"
            ),
            (
                Self.file([("a", "[[1],[null]]", "[0,1]")], counts: "[2]"),
                "all.json: sample 1 of “a” has a number that is not finite"
            ),
            (
                Self.file([("a", "[[1],[2]]", "[0,null]")], counts: "[2]"),
                "all.json: sample 1 of “a” has a number that is not finite"
            ),
            (
                Self.file([("a", "[[],[]]", "[0,1]")], counts: "[2]"),
                "all.json: the samples of “a” have the shape 2×0, but they are lists of numbers or "
                    + "images"
            ),
            (
                Self.file([("a", "[[1],[2]]", "[1,1]")], counts: "[2]"),
                "all.json has the label 1 for all samples: there is nothing to tell apart"
            ),
            (
                Self.file([("a", "[[1],[2]]", "[1,70000]")], counts: "[2]"),
                "all.json: the label of sample 1 of “a” is 70000, but classes are 0 to 65535"
            ),
            (
                "{\"users\": [\"a\", \"b\"], \"user_data\": {\"a\": {\"x\": [[1]], \"y\": [0]}}}",
                "all.json lists the user “b”, but user_data has nobody of that name"
            ),
            (
                "{\"users\": [], \"user_data\": {\"a\": {\"x\": [[1]], \"y\": [0]}}}",
                "all.json has data of “a”, who is not in its list of users"
            ),
            (
                "{\"users\": [\"a\", \"a\"], \"user_data\": {\"a\": {\"x\": [[1]], \"y\": [0]}}}",
                "all.json: the user “a” comes a second time"
            ),
            (
                "{\"users\": \(deep)",
                "all.json, byte 11: expected a string"
            ),
            (
                "{\"other\": \(deep)",
                "all.json, byte 74: expected at most 64 lists or objects within each other"
            ),
            (
                "{\"user_data\": {\"a\": {\"x\": \(deep)",
                "all.json, byte 90: expected at most 64 lists within each other"
            ),
        ] {
            #expect(try refusal(text) == sentence)
        }
    }

    @Test("A user of two files, and a folder without files")
    func files() throws {
        let one = Self.file([("a", "[[1],[2]]", "[0,1]")], counts: "[2]")
        let error = #expect(throws: DatasetError.self) {
            try read(["one.json": one, "two.json": one])
        }
        #expect(
            error?.description.replacing(folder.path + "/", with: "")
                == "two.json: the user “a” comes a second time")
        let empty = TemporaryFolder()
        var notes: [String] = []
        #expect(
            failure { () throws(DatasetError) in
                _ = try Dataset(leaf: empty.path, notes: &notes)
            } == .leaf(.noFiles(directory: empty.path)))
    }
}
