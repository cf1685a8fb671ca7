import Foundation
import TestThreads
import Testing
import Datasets

@Suite(.holdsItsThread) struct DatasetLocatorTests {
    let folder = TemporaryFolder()

    /// A locator whose places are all in the test's folder, and whose mirror does not exist.
    private func locator(data: String? = nil, environment: String? = nil) -> DatasetLocator {
        var places = ["HOME": folder.path + "/home"]
        places["FEDERATED_DATA_DIR"] = environment.map { folder.path + "/" + $0 }
        var locator = DatasetLocator(
            dataDirectory: data.map { folder.path + "/" + $0 }, environment: places, seed: 3,
            mirrors: URL(string: "http://127.0.0.1:1/").map { [$0] } ?? [])
        locator.checksums = Small.checksums
        return locator
    }

    private func plain(_ text: String) -> String {
        text.replacingOccurrences(of: folder.path, with: "DIR")
    }

    private func sentence(_ locator: DatasetLocator, _ choice: DatasetChoice = .mnist) -> String? {
        failure { () throws(DatasetError) in _ = try locator.load(choice) }
            .map { plain($0.description) }
    }

    @Test func choicesAreReadFromArguments() {
        #expect(DatasetChoice(argument: nil) == .automatic)
        #expect(DatasetChoice(argument: "mnist") == .mnist)
        #expect(DatasetChoice(argument: "digits") == .digits)
        #expect(DatasetChoice(argument: "./mnist") == .path("./mnist"))
    }

    @Test func placesAreLookedAtInOrder() throws {
        let all = locator(data: "data", environment: "env")
        try Small.write(to: folder, under: "home/.cache/federated/mnist")
        #expect(sentence(all) == "there is no folder “DIR/data”")
        let unset = try locator().load(.mnist)
        #expect(plain(unset.dataset.origin) == "MNIST from DIR/home/.cache/federated/mnist")
        #expect(unset.dataset.name == "MNIST")
        #expect(unset.notes.isEmpty)
        for (place, origin) in [
            ("env/mnist", "env/mnist"), ("env", "env"), ("data/mnist", "data/mnist"),
            ("data", "data"),
        ] {
            try Small.write(to: folder, under: place, compressed: true)
            for choice in [DatasetChoice.mnist, .automatic] {
                let used = place.hasPrefix("data") ? all : locator(environment: "env")
                let found = try used.load(choice)
                #expect(plain(found.dataset.origin) == "MNIST from DIR/\(origin)")
                #expect(found.notes.isEmpty)
            }
        }
    }

    @Test func theCacheFollowsTheEnvironment() {
        func cache(_ environment: [String: String]) -> String? {
            DatasetLocator(environment: environment).cacheDirectory
        }
        #expect(
            cache(["HOME": "/h", "XDG_CACHE_HOME": "/c"]) == "/c/federated/mnist")
        #expect(
            cache(["HOME": "/h", "XDG_CACHE_HOME": "c"]) == "/h/.cache/federated/mnist")
        #expect(cache(["HOME": "/h", "XDG_CACHE_HOME": ""]) == "/h/.cache/federated/mnist")
        #expect(cache([:]) == nil)
        #expect(
            failure { () throws(DatasetError) in
                _ = try DatasetLocator(environment: [:]).load(.mnist)
            }?.description
                == "there is no place to keep fetched files: set HOME or XDG_CACHE_HOME")
    }

    /// Whoever names a folder means it: other data in its place would go unnoticed.
    @Test func aNamedFolderWithoutMNISTIsAnErrorWhateverWasAskedFor() throws {
        try folder.write([1], to: "empty/other")
        try folder.write([1], to: "file")
        try Small.write(to: folder, under: "home/.cache/federated/mnist")
        try Small.write(to: folder, under: "good")
        let noneOfItsFiles =
            "neither the folder nor mnist under it holds train-images-idx3-ubyte or any other of its "
            + "files, plain or with .gz"
        let cases: [(data: String?, environment: String?, words: String)] = [
            ("none", nil, "there is no folder “DIR/none”"),
            ("none", "good", "there is no folder “DIR/none”"),
            ("empty", nil, "--data-dir DIR/empty has no MNIST: \(noneOfItsFiles)"),
            ("empty", "good", "--data-dir DIR/empty has no MNIST: \(noneOfItsFiles)"),
            (
                "file", nil,
                "DIR/file is a file, but a folder with the four files of an IDX dataset is needed"
            ),
            (
                nil, "none",
                "FEDERATED_DATA_DIR is DIR/none, and there is no such folder: unset it, or let it name "
                    + "one that has MNIST"
            ),
            (
                nil, "empty",
                "FEDERATED_DATA_DIR is DIR/empty, and neither that folder nor mnist under it has "
                    + "MNIST's files: unset it, or let it name a folder that has"
            ),
        ]
        for (data, environment, words) in cases {
            for choice in [DatasetChoice.automatic, .mnist] {
                let places = locator(data: data, environment: environment)
                #expect(sentence(places, choice) == words, "\(choice)")
            }
        }
        // One that is found first is enough.
        for choice in [DatasetChoice.automatic, .mnist] {
            let found = try locator(data: "good", environment: "none").load(choice)
            #expect(plain(found.dataset.origin) == "MNIST from DIR/good")
            #expect(!found.isSubstitute)
        }
        for choice in [DatasetChoice.digits, .path(folder.path + "/good")] {
            #expect(sentence(locator(data: "none"), choice) == "there is no folder “DIR/none”")
            #expect(sentence(locator(environment: "none"), choice) == nil)
        }
        for (data, environment) in [("none", nil), (nil, "empty")] as [(String?, String?)] {
            #expect(
                failure { () throws(DatasetError) in
                    try locator(data: data, environment: environment).checkNamedFolders()
                } != nil)
        }
        #expect(
            failure { () throws(DatasetError) in
                try locator(data: "good").checkNamedFolders()
            } == nil)
    }

    @Test func otherFilesAreNotTakenForMNIST() throws {
        let labels = idx([30], [UInt8](repeating: 4, count: 30))
        try Small.write(to: folder, under: "data", replacing: [.trainLabels: labels])
        let words =
            "DIR/data/train-labels-idx1-ubyte is not MNIST's: its contents have the SHA-256 "
            + "\(sha256(labels)) instead of \(sha256(Small.labels(30))) (--dataset PATH takes any "
            + "dataset of IDX files)"
        #expect(sentence(locator(data: "data")) == words)
        #expect(sentence(locator(environment: "data")) == words)
        #expect(sentence(locator(data: "data"), .automatic) == words)
        #expect(sentence(locator(environment: "data"), .automatic) == words)
        let path = try locator().load(.path(folder.path + "/data"))
        #expect(path.dataset.train.labels == [UInt8](repeating: 4, count: 30))
        #expect(path.dataset.name == "data")
    }

    @Test func withoutANetworkTheDigitsComeSoon() throws {
        let automatic = try locator().load(.automatic)
        #expect(automatic.dataset.name == "digits")
        #expect(automatic.dataset.origin == "generated digits, seed 3")
        #expect(automatic.isSubstitute)
        #expect(
            automatic.notes == [
                "MNIST is not at hand: t10k-labels-idx1-ubyte could not be fetched: "
                    + "http://127.0.0.1:1/t10k-labels-idx1-ubyte.gz could not be read (no "
                    + "connection to the host)",
                "using generated digits instead; for MNIST, run `federated data` where there is "
                    + "a network, or give the folder of its files with --data-dir",
            ])
        #expect(
            sentence(locator())
                == "t10k-labels-idx1-ubyte could not be fetched: "
                + "http://127.0.0.1:1/t10k-labels-idx1-ubyte.gz could not be read (no connection "
                + "to the host)")
        let digits = try locator().load(.digits)
        #expect(digits.notes.isEmpty)
    }

    @Test func theInventoryListsEveryPlace() throws {
        try Small.write(to: folder, under: "data", replacing: [.testImages: [1, 2, 3]])
        try Small.write(to: folder, under: "env/mnist", compressed: true)
        let labels = idx([30], [UInt8](repeating: 4, count: 30))
        try folder.write(labels, to: "env/train-labels-idx1-ubyte")
        let inventory = locator(data: "data", environment: "env").inventory()
        let size = gzip(Small.images(30)).count
        let lines = inventory.lines.map(plain)
        #expect(
            Array(lines.prefix(8)) == [
                "DIR/data (--data-dir):",
                "  train-images-idx3-ubyte  196 bytes  checksum right",
                "  train-labels-idx1-ubyte  38 bytes  checksum right",
                "  t10k-images-idx3-ubyte  3 bytes  DIR/data/t10k-images-idx3-ubyte holds 3 "
                    + "bytes, but the IDX header alone takes 16",
                "  t10k-labels-idx1-ubyte  18 bytes  checksum right",
                "DIR/data/mnist (--data-dir): there is no folder “DIR/data/mnist”",
                "DIR/env (FEDERATED_DATA_DIR):",
                "  train-labels-idx1-ubyte  38 bytes  not MNIST's, SHA-256 \(sha256(labels))",
            ])
        #expect(lines.contains("  train-images-idx3-ubyte.gz  \(size) bytes  checksum right"))
        #expect(lines.last == "MNIST: DIR/env/mnist")
        #expect(locator().inventory().lines.last == "MNIST: not found")
    }
}
