import Datasets
import Foundation
import TestThreads
import Testing

@Suite("CIFAR's binary files", .holdsItsThread)
struct CIFARTests {
    let folder = TemporaryFolder()

    private func sentence(_ name: String) -> String? {
        failure { () throws(DatasetError) in
            _ = try Dataset(cifar: folder.path + "/" + name)
        }?.description.replacing(folder.path, with: "DIR")
    }

    @Test("Planes become channels, in the order of the files", arguments: [false, true])
    func ten(compressed: Bool) throws {
        try SmallCIFAR.write(.ten, to: folder, under: "small", compressed: compressed)
        let names = [
            "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
            "truck",
        ]
        try folder.write(
            Array((names.joined(separator: "\n") + "\n\n").utf8), to: "small/batches.meta.txt")
        let loaded = try DatasetLocator(environment: [:]).load(.path(folder.path + "/small"))
        let dataset = loaded.dataset
        #expect(loaded.notes.isEmpty && dataset.name == "small")
        #expect(dataset.train.count == 20 && dataset.test.count == 3)
        #expect(dataset.train.shape == [32, 32, 3] && dataset.classCount == 10)
        #expect(dataset.classNames == names)
        #expect(dataset.train.labels == (0..<20).map { Int32($0 % 10) })
        #expect(dataset.test.labels == [0, 1, 2])
        for (number, row, column, channel) in [
            (0, 0, 0, 0), (0, 31, 31, 2), (7, 3, 17, 1), (19, 0, 1, 0), (19, 31, 0, 2),
        ] {
            #expect(
                dataset.train.pixels[((number * 32 + row) * 32 + column) * 3 + channel]
                    == SmallCIFAR.pixel(number, row: row, column: column, channel: channel))
        }
    }

    @Test("Of CIFAR-100 the fine classes count, below the folder that unpacking makes")
    func hundred() throws {
        try SmallCIFAR.write(.hundred, to: folder, under: "data/cifar-100-binary")
        let names = (0..<100).map { "class \($0)" }
        try folder.write(
            Array(names.joined(separator: "\r\n").utf8),
            to: "data/cifar-100-binary/fine_label_names.txt")
        let dataset = try Dataset(cifar: folder.path + "/data")
        #expect(dataset.train.count == 120 && dataset.test.count == 30)
        #expect(dataset.classCount == 100 && dataset.classNames == names)
        #expect(dataset.train.labels == (0..<120).map { Int32($0 % 100) })
    }

    @Test("Records that are cut off, and labels that are no class")
    func refusals() throws {
        try SmallCIFAR.write(.ten, to: folder, under: "a")
        let whole = SmallCIFAR.records(.ten, 4, from: 4)
        for (count, length) in [(whole.count - 1, 0), (1, 0), (0, 0)] {
            for stored in [Array(whole.prefix(count)), gzip(Array(whole.prefix(count)))] {
                try folder.write(stored, to: "a/data_batch_2.bin")
                #expect(
                    sentence("a")
                        == "DIR/a/data_batch_2.bin holds \(count + length) bytes, but CIFAR's files "
                        + "consist of records of 3073 bytes each")
            }
        }
        var wrong = whole
        wrong[2 * 3073] = 10
        for stored in [wrong, gzip(wrong)] {
            try folder.write(stored, to: "a/data_batch_2.bin")
            #expect(
                sentence("a") == "DIR/a/data_batch_2.bin: label 2 is 10, but labels are 0 to 9")
        }
        try folder.write(gzip(whole).dropLast(9).map(\.self), to: "a/data_batch_2.bin")
        #expect(
            sentence("a")
                == "DIR/a/data_batch_2.bin is cut short: it ends in the middle of its gzip data")
        try FileManager.default.removeItem(atPath: folder.path + "/a/data_batch_2.bin")
        try FileManager.default.removeItem(atPath: folder.path + "/a/test_batch.bin")
        #expect(
            sentence("a")
                == "DIR/a has files of CIFAR, but lacks data_batch_2.bin, test_batch.bin, plain or "
                + "with .gz")
        try SmallCIFAR.write(.hundred, to: folder, under: "b")
        var coarse = SmallCIFAR.records(.hundred, 2)
        coarse[3074] = 20
        try folder.write(coarse, to: "b/train.bin")
        #expect(sentence("b") == "DIR/b/train.bin: label 1 is 20, but labels are 0 to 19")
        coarse[3074] = 19
        coarse[3075] = 100
        try folder.write(coarse, to: "b/train.bin")
        #expect(sentence("b") == "DIR/b/train.bin: label 1 is 100, but labels are 0 to 99")
        try folder.write(SmallCIFAR.records(.hundred, 2), to: "b/train.bin")
        try folder.write(Array("one\ntwo\n".utf8), to: "b/fine_label_names.txt")
        #expect(sentence("b") == "DIR/b/fine_label_names.txt names 2 classes, but there are 100")
    }

    @Test("Transposed, rows are columns")
    func transposed() throws {
        try SmallCIFAR.write(.ten, to: folder, under: "small")
        var options = DatasetOptions()
        options.transpose = true
        let path = DatasetChoice.path(folder.path + "/small")
        let plain = try DatasetLocator(environment: [:]).load(path).dataset
        let turned = try DatasetLocator(environment: [:]).load(path, options: options).dataset
        #expect(turned.fingerprint != plain.fingerprint)
        #expect(turned.classNames == plain.classNames && turned.test.labels == plain.test.labels)
        for number in [0, 19] {
            for (row, column) in [(0, 0), (1, 30), (17, 4)] {
                let (one, other) = (row * 32 + column, column * 32 + row)
                for channel in 0..<3 {
                    #expect(
                        turned.train.pixels[(number * 1024 + one) * 3 + channel]
                            == plain.train.pixels[(number * 1024 + other) * 3 + channel])
                }
            }
        }
    }
}
