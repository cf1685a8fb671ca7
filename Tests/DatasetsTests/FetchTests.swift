import Foundation
import TestThreads
import Testing
import Datasets

@Suite(.holdsItsThread) struct FetchTests {
    let folder = TemporaryFolder()

    private var cache: String { folder.path + "/federated/mnist" }

    private func answers(
        _ directory: String, replacing other: [IDXRole: LoopbackServer.Answer] = [:]
    ) -> [String: LoopbackServer.Answer] {
        var result: [String: LoopbackServer.Answer] = [:]
        for (role, bytes) in Small.files {
            result["/\(directory)/\(role.fileName).gz"] = other[role] ?? .body(gzip(bytes))
        }
        return result
    }

    private func locator(
        _ server: LoopbackServer, _ directories: [String], quickTimeoutSeconds: Double = 60
    ) throws -> DatasetLocator {
        var locator = DatasetLocator(
            environment: ["XDG_CACHE_HOME": folder.path], mirrors: try directories.map(server.url))
        locator.checksums = Small.checksums
        locator.quickTimeoutSeconds = quickTimeoutSeconds
        return locator
    }

    private func sentence(_ locator: DatasetLocator, _ server: LoopbackServer) -> String? {
        failure { () throws(DatasetError) in _ = try locator.load(.mnist) }?.description
            .replacingOccurrences(of: "http://127.0.0.1:\(server.port)", with: "HOST")
    }

    @Test func fetchesOnceIntoTheCache() throws {
        let server = try LoopbackServer(answers("a"))
        let locator = try locator(server, ["a"])
        var progress: [FetchProgress] = []
        let loaded = try locator.load(.automatic) { progress.append($0) }
        #expect(loaded.dataset.name == "MNIST")
        #expect(loaded.notes.isEmpty)
        #expect(loaded.dataset.train.pixels == Array(Small.images(30)[16...]))
        #expect(folder.list("federated/mnist") == IDXRole.allCases.map(\.fileName).sorted())
        #expect(server.requests.count == 4)
        #expect(
            Set(progress.map(\.file)) == Set(IDXRole.allCases.map(\.fileName)))
        let last = progress.last { $0.file == "train-images-idx3-ubyte" }
        #expect(last?.receivedBytes == gzip(Small.images(30)).count)
        #expect(last?.totalBytes == last?.receivedBytes)
        #expect(
            FetchProgress(file: "f", url: "u", receivedBytes: 12_345, totalBytes: 99_000)
                .description == "f: 12 of 99 kB from u")
        _ = try locator.load(.mnist)
        try locator.fetch()
        #expect(server.requests.count == 4)
    }

    @Test func takesUncompressedAnswers() throws {
        // Some stores decompress on the way.
        let server = try LoopbackServer(
            answers("a", replacing: [.trainImages: .body(Small.images(30))]))
        #expect(try locator(server, ["a"]).load(.mnist).dataset.train.count == 30)
    }

    @Test func fallsOverToTheNextMirror() throws {
        let server = try LoopbackServer(
            answers("b").merging(
                answers(
                    "a",
                    replacing: [
                        .testLabels: .status(503), .trainLabels: .body(gzip(Small.labels(29))),
                        .testImages: .halfOf(gzip(Small.images(10))), .trainImages: .hang,
                    ]), uniquingKeysWith: { first, _ in first }))
        var fetcher = MNISTFetcher(
            mirrors: [try server.url("a"), try server.url("b")], cache: cache,
            checksums: Small.checksums, timeoutSeconds: 60, probeSeconds: 5)
        // Long enough for the mirror that answers, on a busy machine, too.
        fetcher.stallSeconds = 4
        try fetcher.fetch { _ in }
        #expect(folder.list("federated/mnist") == IDXRole.allCases.map(\.fileName).sorted())
        #expect(server.requests.count == 8)
    }

    @Test func collectsTheReasons() throws {
        let wrong = Small.labels(9)
        let name = "t10k-labels-idx1-ubyte.gz"
        let server = try LoopbackServer([
            "/a/\(name)": .status(500),
            "/b/\(name)": .body(gzip(wrong)),
            "/c/\(name)": .body(Array(gzip(wrong).dropLast(3))),
            "/d/\(name)": .body(Array("<html>".utf8)),
        ])
        let expected = sha256(Small.labels(10))
        #expect(
            sentence(try locator(server, ["a", "b", "c", "d", "e"]), server)
                == "t10k-labels-idx1-ubyte could not be fetched: "
                + "HOST/a/\(name) answered with status 500; "
                + "HOST/b/\(name) sent a file whose contents have the SHA-256 \(sha256(wrong)) "
                + "instead of \(expected); "
                + "HOST/c/\(name) sent what is not the file (t10k-labels-idx1-ubyte is cut short: "
                + "it ends in the middle of its gzip data); "
                + "HOST/d/\(name) sent a file whose contents have the SHA-256 "
                + "\(sha256(Array("<html>".utf8))) instead of \(expected); "
                + "HOST/e/\(name) answered with status 404")
        #expect(folder.list("federated/mnist").isEmpty)
        #expect(
            sentence(try locator(server, []), server)
                == "t10k-labels-idx1-ubyte could not be fetched: no mirror is known")
    }

    @Test func givesUpOnServersThatHang() throws {
        let name = "t10k-labels-idx1-ubyte.gz"
        let server = try LoopbackServer(["/a/\(name)": .hang, "/b/\(name)": .hang])
        #expect(
            sentence(try locator(server, ["a", "b"], quickTimeoutSeconds: 2), server)
                == "t10k-labels-idx1-ubyte could not be fetched: "
                + "HOST/a/\(name) did not answer within 1 seconds; "
                + "HOST/b/\(name) did not answer within 1 seconds")
        server.stop()
    }

    @Test func takesNoMoreThanItsLimit() throws {
        let name = "t10k-labels-idx1-ubyte.gz"
        let server = try LoopbackServer([
            "/a/\(name)": .endless(300_000),
            "/b/\(name)": .body([UInt8](repeating: 0, count: 100_001)),
        ])
        for mirror in ["a", "b"] {
            let url = try server.url(mirror).appendingPathComponent(name)
            let download = Download(
                url: url, sizeLimit: 100_000, timeoutSeconds: 5, stallSeconds: 5)
            #expect(
                throws: FetchFailure(url: url.absoluteString, reason: .tooLarge(limit: 100_000))
            ) {
                try download.run { _, _ in }
            }
        }
    }

    @Test func repairsItsCache() throws {
        let server = try LoopbackServer(answers("a"))
        let path = "federated/mnist/train-labels-idx1-ubyte"
        try Small.write(to: folder, under: "federated/mnist")
        try folder.write([1, 2, 3], to: path)
        let loaded = try locator(server, ["a"]).load(.mnist)
        #expect(loaded.notes.count == 1)
        #expect(loaded.notes[0].hasPrefix("passed over: \(cache)/train-labels-idx1-ubyte"))
        #expect(server.requests == ["/a/train-labels-idx1-ubyte.gz"])
        #expect(FileManager.default.contents(atPath: folder.path + "/" + path)?.count == 38)
    }

    @Test func goesOnWhereItWasCutOff() throws {
        let broken = try LoopbackServer(answers("a", replacing: [.trainImages: .status(500)]))
        #expect(sentence(try locator(broken, ["a"]), broken) != nil)
        #expect(folder.list("federated/mnist").count == 3)
        let sound = try LoopbackServer(answers("a"))
        _ = try locator(sound, ["a"]).load(.mnist)
        #expect(sound.requests == ["/a/train-images-idx3-ubyte.gz"])
    }

    @Test func severalMayFetchAtOnce() async throws {
        let server = try LoopbackServer(answers("a"))
        let locator = try locator(server, ["a"])
        let counts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { (try? locator.load(.mnist).dataset.train.count) ?? 0 }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == [30, 30, 30, 30])
        #expect(folder.list("federated/mnist") == IDXRole.allCases.map(\.fileName).sorted())
    }

    @Test func filesAreWrittenWholeOrNotAtAll() throws {
        let path = folder.path + "/f"
        try writeFileAtomically([1, 2], to: path)
        try writeFileAtomically([3], to: path)
        #expect(FileManager.default.contents(atPath: path) == Data([3]))
        #expect(folder.list() == ["f"])
        // A folder in the file's place makes the renaming fail.
        try folder.write([1], to: "g/inside")
        #expect(
            failure { () throws(DatasetError) in
                try writeFileAtomically([1], to: folder.path + "/g")
            }?.description == "\(folder.path)/g cannot be written: Is a directory")
        #expect(folder.list() == ["f", "g"])
        #expect(
            failure { () throws(DatasetError) in
                try writeFileAtomically([1], to: folder.path + "/none/f")
            }?.description == "\(folder.path)/none/f cannot be written: No such file or directory")
    }

    @Test func namesACacheThatCannotBeMade() throws {
        let server = try LoopbackServer(answers("a"))
        try folder.write([1], to: "federated")
        #expect(
            sentence(try locator(server, ["a"]), server)
                == "\(cache) cannot be written: Not a directory")
    }
}
