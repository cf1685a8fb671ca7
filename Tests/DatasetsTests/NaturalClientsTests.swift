import TestThreads
import Testing
import Datasets

@Suite("Clients from a CSV file", .holdsItsThread) struct NaturalClientsTests {
    private static let labels = (0..<8).map { UInt8($0) }

    private func divide(_ text: String, among clients: Int? = nil) throws -> [[Int32]] {
        let folder = TemporaryFolder()
        let file = try folder.write(Array(text.utf8), to: "clients.csv")
        let images = try Labels.images(Self.labels)
        let shards = try Partition.csv(file: file).divide(images, among: clients, seed: 1)
        return (0..<shards.clientCount).map { shards.shard(of: $0) }
    }

    @Test("With or without a heading, in any order, with spaces and any line ends")
    func forms() throws {
        for text in [
            "0,0\n0,3\n1,1\n", "1,0\n1,3\n2,1\n", "client,index\n1,0\n1,3\n2,1\n", "2,1\n1,3\n1,0",
            "\u{FEFF}writer ; image, sample\r\n 2 ,1\r\n1,\t3\r\n1,0\r\n",
        ] {
            if text.contains(";") {
                #expect(try divide(text) == [[0, 3], [1]], "\(text)")
            } else {
                #expect(try divide(text, among: 2) == [[0, 3], [1]], "\(text)")
            }
        }
    }

    @Test("Columns are where the heading has them, and fields as other programs write them")
    func columns() throws {
        for text in [
            "index,client\n0,1\n3,1\n1,2\n", "Image Index,Client ID\n0,1\n3,1\n1,2\n",
            "image,user\n0,1\n3,1\n1,2\n", "sample;writer\n0;1\n3;1\n1;2\n",
            "client\tindex\n1\t0\n1\t3\n2\t1\n",
            // A data frame with its row names and a column more.
            "\"\",\"idx\",\"label\",\"client\"\n\"0\",0,7,\"1\"\n\"1\",3,7,\"1\"\n\"2\",1,0,\"2\"\n",
            // Headings that say nothing, or both things of one column.
            "a,b\n1,0\n1,3\n2,1\n", "client_index,number\n1,0\n1,3\n2,1\n",
            "client_index,image_index\n1,0\n1,3\n2,1\n",
        ] {
            for end in ["\n", "\r\n", "\r"] {
                for (before, after) in [("", ""), ("\u{FEFF}", end + end), (end, end + " " + end)] {
                    let file = before + text.replacing("\n", with: end) + after
                    #expect(try divide(file) == [[0, 3], [1]], "\(file.debugDescription)")
                }
            }
        }
    }

    @Test("A file says how many clients there are, whatever images")
    func count() throws {
        let folder = TemporaryFolder()
        let file = try folder.write(Array("index,client\n99,x\n5,y\n5,x\n".utf8), to: "many.csv")
        #expect(try Partition.csv(file: file).namedClientCount() == 2)
        #expect(try Partition.iid.namedClientCount() == nil)
        let bad = try folder.write(Array("index,client\nx,x\n".utf8), to: "bad.csv")
        #expect(throws: PartitionError.self) {
            try Partition.csv(file: bad).namedClientCount()
        }
    }

    @Test("Names are numbered in rising order: as numbers if all are, as text otherwise")
    func names() throws {
        #expect(try divide("100,0\n20,1\n3,2\n20,3\n") == [[2], [1, 3], [0]])
        #expect(try divide("100,0\n20,1\nx,2\n20,3\n") == [[0], [1, 3], [2]])
        #expect(try divide("7,0\n007,1\n-7,2\n") == [[2], [1], [0]])
    }

    private func sentence(_ text: String, among clients: Int? = nil) throws -> String? {
        do {
            _ = try divide(text, among: clients)
            return nil
        } catch let error as PartitionError {
            let text = error.description
            let name = try #require(text.range(of: "clients.csv"))
            return String(text[name.lowerBound...])
        }
    }

    @Test func badLines() throws {
        for line in ["3", "3,", ",3", "3,x", "3,4,5", "3;4", "3,4.0", "3,99999999999999999999"] {
            #expect(
                try sentence("1,0\n\(line)\n1,2\n")
                    == "clients.csv, line 2, is “\(line)”: expected CLIENT,INDEX")
        }
        // A heading is a line of two fields without a number.
        for line in ["3", "client", "3,x", "a,b,c", ",", "client,"] {
            #expect(
                try sentence("\(line)\n1,2\n")
                    == "clients.csv, line 1, is “\(line)”: expected CLIENT,INDEX")
        }
        let long = String(repeating: "x", count: 50)
        #expect(
            try sentence(long)
                == "clients.csv, line 1, is “\(long.prefix(39))…”: expected CLIENT,INDEX")
    }

    @Test func badIndices() throws {
        #expect(
            try sentence("1,0\n1,8\n")
                == "clients.csv, line 2: there is no image 8, they are 0 to 7")
        #expect(
            try sentence("client,index\n1,-1\n")
                == "clients.csv, line 2: there is no image -1, they are 0 to 7")
        #expect(
            try sentence("client,index\n1,5\n2,3\n3,5\n")
                == "clients.csv, line 4: image 5 is given a second time, first in line 2")
    }

    @Test func filesThatAreNone() throws {
        for text in ["", "client,index\n", "\u{FEFF}"] {
            #expect(
                try sentence(text)
                    == "clients.csv names no image: expected a line CLIENT,INDEX for each")
        }
        #expect(
            try sentence("1,0\n2,1\n", among: 3)
                == "clients.csv names 2 clients, but 3 were asked for")
        let folder = TemporaryFolder()
        let images = try Labels.images(Self.labels)
        for (file, reason) in [
            (folder.path + "/none.csv", "No such file or directory"),
            ("/dev/null", "it is not an ordinary file"),
        ] {
            #expect(
                partitionFailure { () throws(PartitionError) in
                    _ = try Partition.csv(file: file).divide(images, among: nil, seed: 1)
                } == .unreadable(file: file, reason: reason))
        }
        #expect(
            PartitionError.unreadable(file: "a.csv", reason: "No such file or directory")
                .description
                == "a.csv cannot be read: No such file or directory")
    }

    @Test("A file with the clients 1 to K, as earlier versions wrote it, has the same shards")
    func fromOne() throws {
        let shards = try Partition.dirichlet(alpha: 0.5).divide(Labels.many, among: 12, seed: 8)
        let lines = String(decoding: shards.csv(), as: UTF8.self).split(separator: "\n")
        let early = try lines.dropFirst().map { line in
            let fields = line.split(separator: ",")
            return "\(try #require(Int(fields[0])) + 1),\(fields[1])"
        }
        let folder = TemporaryFolder()
        // Client 10 is behind client 9 there, too, whatever order its lines are in.
        let text = ([String(lines[0])] + early.reversed()).joined(separator: "\n")
        let file = try folder.write(Array(text.utf8), to: "clients.csv")
        #expect(try Partition.csv(file: file).divide(Labels.many, among: 12, seed: 1) == shards)
        #expect(early.first?.hasPrefix("1,") == true && lines[1].hasPrefix("0,"))
    }

    @Test("What is written is read as the same shards", arguments: PartitionLawTests.all)
    func roundTrip(partition: Partition) throws {
        let folder = TemporaryFolder()
        _ = try folder.write([], to: "empty")
        let shards = try partition.divide(Labels.many, among: 100, seed: 8)
        let file = folder.path + "/shards.csv"
        try shards.writeCSV(to: file)
        let again = try Partition.csv(file: file).divide(Labels.many, among: 100, seed: 99)
        #expect(again == shards)
        #expect(folder.list().sorted() == ["empty", "shards.csv"])
        #expect(
            partitionFailure { () throws(PartitionError) in
                try shards.writeCSV(to: folder.path + "/none/shards.csv")
            }?.description
                == "\(folder.path)/none/shards.csv cannot be written: No such file or directory")
    }
}
