import Foundation
import TestThreads
import Testing
import Datasets

/// What passes for QMNIST's labels of `Small`: rows of eight big-endian numbers.
private enum SmallWriters {
    static func labels(_ count: Int, rows: Int? = nil, writer: (Int) -> Int) -> [UInt8] {
        let words = (0..<(rows ?? count)).flatMap { row in
            [row % 10, 0, writer(row), row, 35, 7, 0, 0]
        }
        return ([0x0c02, rows ?? count, 8] + words).flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    static let files: [MNISTWriters.File: [UInt8]] = [
        .train: labels(30) { 100 + $0 % 3 },
        // As QMNIST's, with more rows than MNIST has images.
        .test: labels(10, rows: 25) { 7 + $0 / 8 },
    ]

    static var checksums: [MNISTWriters.File: String] { files.mapValues { sha256($0) } }
}

@Suite("Who wrote each digit", .holdsItsThread) struct WritersTests {
    private let folder = TemporaryFolder()

    private func dataset() throws -> Dataset {
        try Small.write(to: folder, under: "images")
        return try Dataset(folder: folder.path + "/images")
    }

    private func writers(
        data: String? = nil, environment: [String: String] = [:], beside: String? = nil,
        mirrors: [URL] = []
    ) -> MNISTWriters {
        var writers = MNISTWriters(
            DatasetLocator(
                dataDirectory: data.map { folder.path + "/" + $0 }, environment: environment),
            beside: beside, mirrors: mirrors)
        writers.checksums = SmallWriters.checksums
        return writers
    }

    private func write(
        to directory: String, replacing other: [MNISTWriters.File: [UInt8]] = [:],
        compressed: Bool = false
    ) throws {
        for (file, bytes) in SmallWriters.files {
            let bytes = other[file] ?? bytes
            try folder.write(
                compressed ? gzip(bytes) : bytes,
                to: "\(directory)/\(file.rawValue)\(compressed ? ".gz" : "")")
        }
    }

    private func check(_ found: LoadedDataset) throws {
        let owners = try #require(found.dataset.owners)
        #expect(owners.names == ["100", "101", "102"])
        #expect(owners.train == (0..<30).map { $0 % 3 })
        #expect(owners.testNames == ["7", "8"])
        #expect(owners.test == (0..<10).map { $0 / 8 })
        let shards = try Partition.writers.divide(
            found.dataset.train, owners: owners, among: nil, seed: 1)
        #expect(shards.clientCount == 3)
        #expect(shards.shard(of: 1) == (0..<10).map { 3 * $0 + 1 })
    }

    @Test("They are found in the folder, under it and beside it, and in the environment's")
    func found() throws {
        let images = try dataset()
        for (place, compressed) in [("d", false), ("d/qmnist", true), ("qmnist", false)] {
            try write(to: place, compressed: compressed)
            try folder.write([], to: "d/else")
            let found = try writers(data: "d").add(to: images)
            try check(found)
            #expect(found.notes.isEmpty)
            try check(
                writers(environment: ["FEDERATED_DATA_DIR": folder.path + "/d"]).add(to: images))
            try check(writers(beside: folder.path + "/d").add(to: images))
            try FileManager.default.removeItem(atPath: folder.path + "/" + place)
        }
    }

    @Test("Those beside the images go before the environment's, which are of other images")
    func besideFirst() throws {
        let images = try dataset()
        try write(to: "mine")
        try write(to: "other", replacing: [.train: SmallWriters.labels(30) { _ in 5 }])
        try check(
            writers(
                environment: ["FEDERATED_DATA_DIR": folder.path + "/other"],
                beside: folder.path + "/mine"
            ).add(to: images))
    }

    @Test("They are fetched once, into the cache, and checked")
    func fetched() throws {
        let images = try dataset()
        var answers: [String: LoopbackServer.Answer] = [:]
        for (file, bytes) in SmallWriters.files {
            answers["/good/\(file.rawValue).gz"] = .body(gzip(bytes))
            answers["/bad/\(file.rawValue).gz"] = .body(gzip(bytes + [0]))
        }
        let server = try LoopbackServer(answers)
        let cache = ["XDG_CACHE_HOME": folder.path]
        let found = writers(
            environment: cache, mirrors: [try server.url("bad"), try server.url("good")])
        var fetched: Set<String> = []
        try check(found.add(to: images) { fetched.insert($0.file) })
        #expect(fetched == Set(MNISTWriters.File.allCases.map(\.rawValue)))
        #expect(server.requests.count == 4)
        #expect(
            folder.list("federated/qmnist") == MNISTWriters.File.allCases.map(\.rawValue).sorted())
        try check(found.add(to: images))
        #expect(server.requests.count == 4)

        let other = writers(
            environment: ["XDG_CACHE_HOME": folder.path + "/empty"],
            mirrors: [try server.url("bad")])
        let wrong = sha256((SmallWriters.files[.train] ?? []) + [0])
        #expect(
            failure { () throws(DatasetError) in _ = try other.add(to: images) }?.description
                .replacing("http://127.0.0.1:\(server.port)", with: "HOST")
                == "qmnist-train-labels-idx2-int could not be fetched: "
                + "HOST/bad/qmnist-train-labels-idx2-int.gz sent a file whose contents have the "
                + "SHA-256 \(wrong) instead of \(SmallWriters.checksums[.train] ?? "")")
        #expect(folder.list("empty").isEmpty)
        #expect(
            failure { () throws(DatasetError) in _ = try writers().add(to: images) }
                == .noCacheDirectory)
    }

    @Test("Files of other images are refused with the first row that differs")
    func otherImages() throws {
        let images = try dataset()
        var train = SmallWriters.files[.train] ?? []
        train[12 + 4 * 32 + 3] = 9
        train[12 + 7 * 32 + 3] = 1
        var negative = SmallWriters.files[.train] ?? []
        negative[12 + 2 * 32 + 8] = 0x80
        let short = SmallWriters.labels(29) { _ in 1 }
        var magic = SmallWriters.files[.train] ?? []
        magic[3] = 1
        var sizes = SmallWriters.files[.train] ?? []
        sizes[11] = 9
        for (bytes, sentence) in [
            (train, " is of other images: its row 4 is a 9, but image 4 has the label 4"),
            (short, " has 29 rows, but there are 30 images"),
            (
                magic,
                " begins with 0x00000c01, but QMNIST's extended labels begin with 0x00000c02"
            ),
            (
                sizes,
                " declares 30 rows of 9 numbers, but QMNIST's extended labels have some of 8"
            ),
            (
                Array((SmallWriters.files[.train] ?? []).dropLast()),
                " holds 971 bytes, but its heading declares 972 in all"
            ),
            ([0, 0, 12], " holds 3 bytes, but its heading declares 12 in all"),
            (negative, ", row 2: there is no writer -2147483546"),
        ] {
            try write(to: "d", replacing: [.train: bytes])
            #expect(
                failure { () throws(DatasetError) in
                    _ = try writers(data: "d").add(to: images)
                }?.description
                    == "\(folder.path)/d/qmnist-train-labels-idx2-int\(sentence)")
        }
    }

    @Test("One file without the other, and one that is right but not QMNIST's")
    func odd() throws {
        let images = try dataset()
        try folder.write(
            SmallWriters.files[.test] ?? [], to: "d/qmnist-test-labels-idx2-int")
        #expect(
            failure { () throws(DatasetError) in _ = try writers(data: "d").add(to: images) }?
                .description
                == "\(folder.path)/d has no qmnist-train-labels-idx2-int beside the other of "
                + "QMNIST's two files, plain or with .gz")
        try write(to: "e", replacing: [.train: SmallWriters.labels(30) { _ in 5 }])
        let found = try writers(data: "e").add(to: images)
        #expect(found.dataset.owners?.names == ["5"])
        #expect(
            found.notes == [
                "\(folder.path)/e/qmnist-train-labels-idx2-int is not QMNIST's file, by its "
                    + "SHA-256: its labels are right"
            ])
    }
}

/// The folder of MNIST and of QMNIST's labels, where this machine has both.
private let realFolder: String? = {
    let given = ProcessInfo.processInfo.environment["FEDERATED_DATA_DIR"]
    let found = [given, "../shared/data"].compactMap(\.self).first { folder in
        FileManager.default.fileExists(
            atPath: folder + "/qmnist/qmnist-train-labels-idx2-int.gz")
            && FileManager.default.fileExists(atPath: folder + "/mnist")
    }
    if found == nil { print("skipped: no folder qmnist in FEDERATED_DATA_DIR") }
    return found
}()

@Suite(
    .enabled(if: realFolder != nil, "set FEDERATED_DATA_DIR to a folder with mnist and qmnist"),
    .holdsItsThread)
struct RealWritersTests {
    @Test("MNIST comes from 539 writers, and its test images from 297 others")
    func mnist() throws {
        let folder = try #require(realFolder)
        let locator = DatasetLocator(dataDirectory: folder, environment: [:], mirrors: [])
        let images = try locator.load(.mnist).dataset
        let found = try MNISTWriters(locator, mirrors: []).add(to: images)
        #expect(found.notes.isEmpty)
        let owners = try #require(found.dataset.owners)
        #expect(owners.names.count == 539 && owners.testNames.count == 297)
        #expect(Set(owners.names).isDisjoint(with: owners.testNames))
        let shards = try Partition.writers.divide(
            images.train, owners: owners, among: 539, seed: 1)
        let sizes = (0..<539).map { shards.sampleCount(of: $0) }.sorted()
        #expect(sizes.first == 19 && sizes.last == 131 && sizes.reduce(0, +) == 60_000)
        #expect(sizes[539 / 2] == 116)
    }
}
