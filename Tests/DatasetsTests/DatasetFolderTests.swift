import Foundation
import TestThreads
import Testing
import Datasets

@Suite(.holdsItsThread) struct DatasetFolderTests {
    let folder = TemporaryFolder()

    private func sentence(_ directory: String? = nil) -> String? {
        failure { () throws(DatasetError) in _ = try Dataset(folder: directory ?? folder.path) }?
            .description.replacingOccurrences(of: folder.path, with: "DIR")
    }

    @Test(arguments: [false, true]) func readsAFolder(compressed: Bool) throws {
        try Small.write(to: folder, under: "flowers", compressed: compressed)
        let dataset = try Dataset(folder: folder.path + "/flowers/")
        #expect(dataset.name == "flowers")
        #expect(dataset.origin == "IDX files in \(folder.path)/flowers/")
        #expect(dataset.train.count == 30)
        #expect(dataset.test.count == 10)
        #expect(dataset.train.height == 3 && dataset.train.width == 2)
        #expect(dataset.train.pixels == Array(Small.images(30)[16...]))
        #expect(dataset.test.labels == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test func knowsOtherNames() throws {
        for (role, bytes) in Small.files {
            try folder.write(
                bytes, to: "dots/" + role.fileName.replacingOccurrences(of: "-idx", with: ".idx"))
            let stem = role.stems[role.stems.count - 1]
            try folder.write(
                gzip(bytes), to: "emnist/emnist-digits-\(stem)-\(role.suffix).gz")
        }
        #expect(try Dataset(folder: folder.path + "/dots").train.count == 30)
        #expect(try Dataset(folder: folder.path + "/emnist").test.count == 10)
    }

    @Test("Kaggle's MNIST: each file in a folder of its name, beside or in place of the files")
    func foldersOfFiles() throws {
        for gz in ["", ".gz"] {
            for (role, bytes) in Small.files {
                let bytes = gz.isEmpty ? bytes : gzip(bytes)
                let name = role.fileName
                let dotted = name.replacing("-idx", with: ".idx")
                // In place of the files, under either name.
                try folder.write(bytes, to: "in\(gz)/\(name)/\(name)\(gz)")
                try folder.write(bytes, to: "dots\(gz)/\(name)/\(dotted)\(gz)")
                try folder.write(bytes, to: "packed\(gz)/\(name)\(gz)/\(name)\(gz)")
                // Beside them, the folder's contents being anything.
                try folder.write([1], to: "both\(gz)/\(name)/\(name)")
                try folder.write(bytes, to: "both\(gz)/\(dotted)\(gz)")
            }
            for place in ["in", "dots", "packed", "both"] {
                let dataset = try Dataset(folder: folder.path + "/\(place)\(gz)")
                #expect(dataset.train.count == 30 && dataset.test.count == 10, "\(place)\(gz)")
            }
        }
        try FileManager.default.removeItem(
            atPath: folder.path + "/in/\(IDXRole.testLabels.fileName)/"
                + IDXRole.testLabels.fileName)
        #expect(sentence(folder.path + "/in")?.hasPrefix("DIR/in has no test labels") == true)
    }

    @Test func namesMissingFiles() throws {
        #expect(sentence(folder.path + "/none") == "there is no folder “DIR/none”")
        let file = try folder.write([1], to: "file")
        #expect(
            sentence(file)
                == "DIR/file is a file, but a folder with the four files of an IDX dataset is "
                + "needed")
        try Small.write(to: folder)
        try FileManager.default.removeItem(atPath: folder.path + "/t10k-labels-idx1-ubyte")
        #expect(
            sentence()
                == "DIR has no test labels (looked for t10k-labels-idx1-ubyte, "
                + "t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, t10k-labels.idx1-ubyte.gz, "
                + "*t10k-labels*idx1-ubyte[.gz], *test-labels*idx1-ubyte[.gz])")
        try FileManager.default.removeItem(atPath: folder.path + "/train-images-idx3-ubyte")
        #expect(
            sentence()?.hasPrefix("DIR has no training images (looked for train-images-idx3-ubyte,")
                == true)
        #expect(sentence()?.contains(") and no test labels (looked for ") == true)
    }

    @Test func namesAmbiguousFiles() throws {
        try Small.write(to: folder)
        try FileManager.default.removeItem(atPath: folder.path + "/train-images-idx3-ubyte")
        try folder.write([1], to: "b-train-images-idx3-ubyte")
        try folder.write([1], to: "a-train-images-idx3-ubyte")
        try folder.write([1], to: "a-train-images-idx3-ubyte.gz")
        #expect(
            sentence()
                == "DIR has several files that could be the training images: "
                + "a-train-images-idx3-ubyte, b-train-images-idx3-ubyte")
    }

    @Test func namesFilesThatDoNotAgree() throws {
        try Small.write(to: folder, replacing: [.trainImages: Small.images(29)])
        #expect(
            sentence()
                == "DIR/train-labels-idx1-ubyte has 30 labels but DIR/train-images-idx3-ubyte has "
                + "29 images")
        try Small.write(to: folder, replacing: [.testImages: Small.images(10, height: 2)])
        #expect(
            sentence()
                == "DIR/t10k-images-idx3-ubyte has images of 2×2 pixels but "
                + "DIR/train-images-idx3-ubyte has images of 3×2")
        let labels = idx([30], [UInt8](repeating: 9, count: 28) + [10, 11])
        try Small.write(to: folder, replacing: [.trainLabels: labels])
        #expect(
            sentence()
                == "DIR/train-labels-idx1-ubyte has no sample of class 0, though labels go up to 11: "
                + "number the classes from 0 without gaps")
        #expect(
            failure { () throws(DatasetError) in
                _ = try Dataset(folder: folder.path, classCount: 10)
            }?.description.replacingOccurrences(of: folder.path, with: "DIR")
                == "DIR/train-labels-idx1-ubyte: label 28 is 10, but labels are 0 to 9")
        let tested = idx([10], [UInt8](repeating: 9, count: 9) + [10])
        try Small.write(to: folder, replacing: [.testLabels: tested])
        #expect(sentence() == "DIR/t10k-labels-idx1-ubyte: label 9 is 10, but labels are 0 to 9")
    }

    /// EMNIST-shaped files: images of any size, `classes` classes whose labels count from `first`.
    private func writeEMNIST(_ classes: Int, from first: Int, leavingOut gap: Int? = nil) throws {
        func labels(_ count: Int) -> [UInt8] {
            (0..<count).map { UInt8($0 % classes + first) }.map { Int($0) == gap ? $0 + 1 : $0 }
        }
        for (half, count) in [("train", 2 * classes), ("test", classes)] {
            let stem = "emnist-balanced-\(half)"
            try folder.write(
                gzip(idx([UInt32(count), 3, 2], (0..<count * 6).map { UInt8($0 % 251) })),
                to: "emnist/\(stem)-images-idx3-ubyte.gz")
            try folder.write(
                gzip(idx([UInt32(count)], labels(count))), to: "emnist/\(stem)-labels-idx1-ubyte.gz"
            )
        }
    }

    @Test("As many classes as labels tell apart, from 0 or from 1", arguments: [47, 62, 26, 256])
    func classes(_ count: Int) throws {
        let first = count == 26 ? 1 : 0
        try writeEMNIST(count, from: first)
        let loaded = try DatasetLocator(environment: [:]).load(.path(folder.path + "/emnist"))
        #expect(loaded.dataset.classCount == count)
        #expect(loaded.dataset.train.labels == (0..<2 * count).map { Int32($0 % count) })
        #expect(loaded.dataset.test.labels == (0..<count).map { Int32($0) })
        #expect(
            loaded.notes.map { $0.replacingOccurrences(of: folder.path, with: "DIR") }
                == (first == 0
                    ? []
                    : [
                        "DIR/emnist/emnist-balanced-train-labels-idx1-ubyte.gz counts classes from 1 to "
                            + "26: here they are 0 to 25"
                    ]))
    }

    @Test("A class between others without an image is a gap")
    func gaps() throws {
        try writeEMNIST(26, from: 1, leavingOut: 7)
        #expect(
            sentence(folder.path + "/emnist")
                == "DIR/emnist/emnist-balanced-train-labels-idx1-ubyte.gz has no sample of class 0, "
                + "though labels go up to 26: number the classes from 0 without gaps")
        try writeEMNIST(26, from: 0, leavingOut: 7)
        #expect(
            sentence(folder.path + "/emnist")
                == "DIR/emnist/emnist-balanced-train-labels-idx1-ubyte.gz has no sample of class 7, "
                + "though labels go up to 25: number the classes from 0 without gaps")
    }

    @Test("Up to ten classes are ten, whether or not each has an image")
    func fewClasses() throws {
        let labels = idx([30], (0..<30).map { UInt8($0 % 3) })
        try Small.write(to: folder, replacing: [.trainLabels: labels])
        #expect(try Dataset(folder: folder.path).classCount == 10)
    }

    @Test("Transposed, height and width change places")
    func transposed() throws {
        try Small.write(to: folder)
        let locator = DatasetLocator(environment: [:])
        let plain = try locator.load(.path(folder.path)).dataset
        let turned = try locator.load(
            .path(folder.path), options: DatasetOptions(transpose: true)
        ).dataset
        #expect(turned.train.shape == [2, 3, 1] && plain.train.shape == [3, 2, 1])
        // 0 1 / 2 3 / 4 5 becomes 0 2 4 / 1 3 5.
        #expect(turned.train.pixels.prefix(6) == [0, 2, 4, 1, 3, 5])
        #expect(turned.test.labels == plain.test.labels && turned.fingerprint != plain.fingerprint)
    }
}
