import TestThreads
import Testing
import Datasets

@Suite("A file for each client", .holdsItsThread) struct ClientFolderTests {
    private let folder = TemporaryFolder()

    private func read(_ options: DatasetOptions = DatasetOptions()) throws -> Dataset {
        var notes: [String] = []
        return try Dataset(clientFolder: folder.path, options: options, notes: &notes)
    }

    private func refusal(_ options: DatasetOptions = DatasetOptions()) -> String? {
        var notes: [String] = []
        return failure { () throws(DatasetError) in
            _ = try Dataset(clientFolder: folder.path, options: options, notes: &notes)
        }?.description.replacing(folder.path + "/", with: "").replacing(folder.path, with: "DIR")
    }

    private func write(_ text: String, to name: String) throws {
        try folder.write(Array(text.utf8), to: name)
    }

    /// A NumPy array of bytes or of 64-bit integers, little-endian.
    private func npy(_ type: String, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
        let sizes = shape.map { "\($0)," }.joined()
        let header =
            "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }"
        let padded = header + String(repeating: " ", count: 127 - 10 - header.utf8.count) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(padded.utf8.count), 0]
            + Array(padded.utf8) + data
    }

    @Test("Tables: words and means of all clients, the owners called as the files")
    func tables() throws {
        try write("a,w,label\n0,x,0\n2,x,1\n4,x,0\n6,x,1\n8,x,0\n", to: "10.csv")
        try write("a,w,label\n1,y,1\n3,y,2\n5,y,1\n7,y,2\n9,y,1\n", to: "9.csv")
        try folder.write(gzip(Array("a,w,label\n5,x,1\n".utf8)), to: "site.csv.gz")
        try write("…", to: ".hidden")
        let dataset = try read()
        let owners = try #require(dataset.owners)
        #expect(owners.names == ["10", "9", "site"])
        #expect(dataset.featureNames == ["a", "w=x", "w=y"])
        #expect(dataset.classNames == ["0", "1", "2"])
        #expect((0..<3).map { owner in owners.train.count { $0 == owner } } == [4, 4, 1])
        #expect((0..<3).map { owner in owners.test?.count { $0 == owner } } == [1, 1, 0])
        // The word tells whose a row is.
        for (sample, owner) in owners.train.enumerated() {
            #expect((dataset.train.values[3 * sample + 2] == 1) == (owner == 1))
        }
        let shards = try Partition.natural.divide(
            dataset.train, owners: owners, among: nil, seed: 1)
        #expect((0..<3).map { shards.sampleCount(of: $0) } == [4, 4, 1])
    }

    @Test("A folder for each client, with test rows for some")
    func folders() throws {
        try write("a,label\n0,0\n2,1\n", to: "x/train.csv")
        try write("a,label\n4,1\n6,0\n", to: "x/test.csv")
        try write("a,label\n1,0\n3,1\n", to: "y/train.csv")
        let dataset = try read()
        #expect(
            dataset.owners
                == SampleOwners(names: ["x", "y"], train: [0, 0, 1, 1], test: [0, 0]))
        #expect(dataset.test.labels == [1, 0])
    }

    @Test("Arrays of each client; classes are those of all together")
    func arrays() throws {
        for (name, labels) in [("a", [0, 2, 0, 2, 0]), ("b", [1, 1, 1, 1, 1]), ("c", [2])] {
            let pixels = (0..<labels.count * 4).map { UInt8(truncatingIfNeeded: $0) }
            try folder.write(npy("|u1", [labels.count, 2, 2], pixels), to: "\(name)/x.npy")
            try folder.write(
                npy("<i8", [labels.count], labels.flatMap { [UInt8($0), 0, 0, 0, 0, 0, 0, 0] }),
                to: "\(name)/y.npy")
        }
        let dataset = try read()
        let owners = try #require(dataset.owners)
        #expect(dataset.train.shape == [2, 2, 1] && dataset.classCount == 3)
        #expect((0..<3).map { owner in owners.train.count { $0 == owner } } == [4, 4, 1])
        #expect((0..<3).map { owner in owners.test?.count { $0 == owner } } == [1, 1, 0])
        #expect(Set(zip(owners.train, dataset.train.labels).map { "\($0)\($1)" }).contains("11"))

        // One whose images are larger.
        try folder.write(npy("|u1", [5, 3, 2], [UInt8](repeating: 0, count: 30)), to: "b/x.npy")
        #expect(refusal() == "b has samples of 3×2×1, but a has 2×2×1")
    }

    @Test("IDX files of each client")
    func idxFolders() throws {
        try Small.write(to: folder, under: "one")
        try Small.write(to: folder, under: "two", compressed: true)
        let dataset = try read()
        #expect(dataset.train.count == 60 && dataset.test.count == 20)
        #expect(dataset.classCount == 10)
        #expect(
            dataset.owners?.train
                == [Int32](repeating: 0, count: 30) + [Int32](repeating: 1, count: 30))
    }

    @Test("Clients that do not go together are refused by name")
    func refusals() throws {
        #expect(
            refusal()
                == "DIR has no file of a client: expected a table, an .npz or a folder for each")
        try write("a,b,label\n1,2,0\n2,3,1\n", to: "a.csv")
        try write("a,c,label\n1,2,0\n2,3,1\n", to: "b.csv")
        #expect(refusal() == "b.csv has “c” as column 2, but a.csv has “b”")
        try write("a,b,label\n", to: "b.csv")
        #expect(refusal() == "b.csv has a heading but no rows")
        try write("a,b,label\n1,2\n", to: "b.csv")
        #expect(refusal() == "b.csv, line 2 has 2 cells, but the heading has 3 columns")
        try write("a,b,label\n1,2,1\n", to: "b.csv")
        #expect(refusal() == nil)
        #expect(
            refusal(DatasetOptions(clientColumn: "a"))
                == "--client-column says nothing of DIR: it is a folder of clients' files")
        try write("{}", to: "notes.txt")
        #expect(
            refusal()
                == "notes.txt is no table, but a.csv beside it is: all clients' files have one form"
        )
        try write("a,b,label\n1,2,1\n", to: "b.tsv")
        #expect(refusal() == "DIR has two files of the client “b”")
    }

    @Test("What is no client's data, and one class in all")
    func others() throws {
        try write("hello", to: "x.txt")
        #expect(
            refusal()
                == "x.txt is no client's data: expected a table, an .npz, or a folder of .npy files, "
                + "IDX files or CIFAR's")
        let other = TemporaryFolder()
        try other.write(Array("a,label\n1,0\n2,0\n".utf8), to: "a.csv")
        try other.write(Array("a,label\n1,0\n2,0\n".utf8), to: "b.csv")
        var notes: [String] = []
        #expect(
            failure { () throws(DatasetError) in
                _ = try Dataset(clientFolder: other.path, notes: &notes)
            } == .table(.oneClass(file: other.path + "/a.csv", column: "label", name: "0")))
    }
}
