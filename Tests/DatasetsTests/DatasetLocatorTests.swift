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
            "neither the folder nor mnist or MNIST/raw under it holds train-images-idx3-ubyte or any other "
            + "of its files, plain or with .gz"
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
                "FEDERATED_DATA_DIR is DIR/empty, and neither that folder nor mnist or MNIST/raw under "
                    + "it has MNIST's files: unset it, or let it name a folder that has"
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
        #expect(path.dataset.train.labels == [Int32](repeating: 4, count: 30))
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

    // MARK: Where other tools leave MNIST

    /// Keras's archive of what passes for MNIST here, with other bytes in one place if that is asked for.
    private func keras(changed: Bool = false) throws -> [UInt8] {
        let arrays = try Small.files.map { role, bytes in
            let file = try IDX.decode(bytes, kind: role.kind, file: "f")
            let name =
                switch role {
                case .trainImages: "x_train"
                case .trainLabels: "y_train"
                case .testImages: "x_test"
                case .testLabels: "y_test"
                }
            var contents = file.contents
            if changed, role == .testLabels { contents[3] ^= 1 }
            return (name, npy("|u1", file.header.dimensions, contents))
        }
        return TestArchive(arrays, deflated: true).bytes
    }

    @Test("MNIST is found where Keras and torchvision have left it, after all other places")
    func otherTools() throws {
        var used = locator()
        used.workingDirectory = folder.path + "/here"
        #expect(sentence(used) != nil)
        try Small.write(to: folder, under: "here/data/MNIST/raw", compressed: true)
        let torchvision = try used.load(.mnist)
        #expect(plain(torchvision.dataset.origin) == "MNIST from DIR/here/data/MNIST/raw")
        try folder.write(keras(), to: "home/.keras/datasets/mnist.npz")
        let keras = try used.load(.automatic)
        #expect(
            plain(keras.dataset.origin) == "MNIST from DIR/home/.keras/datasets/mnist.npz")
        #expect(keras.dataset.name == "MNIST" && keras.notes.isEmpty && !keras.isSubstitute)
        #expect(keras.dataset.fingerprint == torchvision.dataset.fingerprint)
        #expect(keras.dataset.train.pixels == torchvision.dataset.train.pixels)
        #expect(
            used.inventory().lines.suffix(11).map(plain).filter { !$0.hasPrefix("  ") } == [
                "DIR/home/.keras/datasets/mnist.npz (Keras):",
                "DIR/here/data/MNIST/raw (torchvision):",
                "MNIST: DIR/home/.keras/datasets/mnist.npz",
            ])
        try folder.write(self.keras(), to: "elsewhere/datasets/mnist.npz")
        used.environment["KERAS_HOME"] = folder.path + "/elsewhere"
        #expect(
            try plain(used.load(.mnist).dataset.origin)
                == "MNIST from DIR/elsewhere/datasets/mnist.npz")
        try Small.write(to: folder, under: "home/.cache/federated/mnist")
        #expect(
            try plain(used.load(.mnist).dataset.origin)
                == "MNIST from DIR/home/.cache/federated/mnist")
        try Small.write(to: folder, under: "data/MNIST/raw")
        #expect(
            try plain(locator(data: "data").load(.mnist).dataset.origin)
                == "MNIST from DIR/data/MNIST/raw")
    }

    @Test("An archive of Keras's that is not MNIST's is passed over, and that is said")
    func otherArchive() throws {
        try folder.write(keras(changed: true), to: "home/.keras/datasets/mnist.npz")
        var used = locator()
        used.workingDirectory = folder.path
        try Small.write(to: folder, under: "data/MNIST/raw")
        let loaded = try used.load(.automatic)
        #expect(plain(loaded.dataset.origin) == "MNIST from DIR/data/MNIST/raw")
        #expect(
            plain(loaded.notes[0]).hasPrefix(
                "passed over: DIR/home/.keras/datasets/mnist.npz: y_test is not MNIST's: its contents "
                    + "have the SHA-256 "))
        try folder.write([1, 2, 3], to: "home/.keras/datasets/mnist.npz")
        #expect(
            try plain(used.load(.mnist).notes[0])
                == "passed over: DIR/home/.keras/datasets/mnist.npz is not a sound zip archive, as .npz "
                + "files are: it has no directory at its end")
    }

    // MARK: What a path is

    @Test("What is at a path is told by its names and its first bytes")
    func forms() throws {
        try Small.write(to: folder, under: "idx")
        try SmallCIFAR.write(.ten, to: folder, under: "cifar")
        try folder.write([1], to: "npy/x.npy")
        try folder.write([1], to: "a.npz")
        try folder.write(Array("PK\u{3}\u{4}".utf8), to: "archive")
        try folder.write([1], to: "b.CSV")
        try folder.write([1], to: "b.tsv.gz")
        try folder.write([1], to: "tables/train.csv")
        try folder.write([1], to: "c.json")
        try folder.write(Array("{}".utf8), to: "document")
        try folder.write([1], to: "leaf/data/train/a.json")
        try folder.write([1], to: "clients/one.csv")
        try folder.write([1], to: "nested/one/train-images-idx3-ubyte")
        for (name, form) in [
            ("idx", DatasetForm.idx), ("cifar", .cifar), ("npy", .arrays), ("a.npz", .arrays),
            ("archive", .arrays), ("b.CSV", .table), ("b.tsv.gz", .table), ("tables", .table),
            ("c.json", .leaf), ("document", .leaf), ("leaf", .leaf), ("clients", .clientFolder),
            ("nested", .clientFolder),
        ] { #expect(try DatasetForm(at: folder.path + "/" + name) == form, "\(name)") }
        try folder.write([1], to: "picture.png")
        try folder.write([1], to: "pictures/a.png")
        for name in ["picture.png", "pictures"] {
            #expect(
                sentence(locator(), .path(folder.path + "/" + name))
                    == "DIR/\(name) is no data set that can be read: an .npz file, a .csv or .tsv file, "
                    + "LEAF's .json, or a folder with IDX files, with CIFAR's binary files, with .npy "
                    + "files, or with a file or a folder for each client")
        }
        #expect(
            sentence(locator(), .path(folder.path + "/none"))
                == "there is no file or folder “DIR/none”")
    }

    @Test("Options that say nothing of the data are refused")
    func uselessOptions() throws {
        try Small.write(to: folder, under: "data")
        for (options, option) in [
            (DatasetOptions(labelColumn: "a"), "--label"),
            (DatasetOptions(clientColumn: "a"), "--client-column"),
            (DatasetOptions(testFraction: 0.5), "--test-fraction"),
        ] {
            let own = "images with test images of their own"
            for (choice, name, words) in [
                (DatasetChoice.path(folder.path + "/data"), "DIR/data", "a folder of IDX files"),
                (.digits, "digits", own), (.mnist, "mnist", own),
            ] {
                let found = failure { () throws(DatasetError) in
                    _ = try locator().load(choice, options: options)
                }
                #expect(
                    found.map { plain($0.description) }
                        == "\(option) says nothing of \(name): it is \(words)")
            }
        }
        try folder.write(
            TestArchive([
                ("x", npy("<f4", [3, 2], floats([1, 2, 3, 4, 5, 6]))),
                ("y", npy("|u1", [3], [0, 1, 0])),
            ]).bytes, to: "a.npz")
        #expect(
            failure { () throws(DatasetError) in
                _ = try locator().load(
                    .path(folder.path + "/a.npz"), options: DatasetOptions(transpose: true))
            }?.description
                == "--transpose is for images, but samples of a.npz are lists of features")
    }
}
