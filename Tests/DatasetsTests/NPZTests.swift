import Datasets
import Foundation
import TestThreads
import Testing

@Suite("Data sets of numpy's arrays", .holdsItsThread)
struct NPZTests {
    let folder = TemporaryFolder()

    /// Twelve training and four test images of 2 × 3 bytes of three classes, by Keras's names.
    private static func keras(
        _ replacing: [String: [UInt8]] = [:]
    ) -> [(String, [UInt8])] {
        [
            ("x_train", npy("|u1", [12, 2, 3], (0..<72).map { UInt8($0) })),
            ("y_train", npy("<i8", [12], wholes((0..<12).map { $0 % 3 }, 8))),
            ("x_test", npy("|u1", [4, 2, 3], (0..<24).map { UInt8($0 + 100) })),
            ("y_test", npy("|u1", [4], [0, 1, 2, 0])),
        ].map { ($0.0, replacing[$0.0] ?? $0.1) }
    }

    private func read(
        _ arrays: [(String, [UInt8])], options: DatasetOptions = DatasetOptions()
    ) throws -> (Dataset, [String]) {
        let path = try folder.write(TestArchive(arrays).bytes, to: "arrays.npz")
        var notes: [String] = []
        let dataset = try Dataset(arrays: path, options: options, notes: &notes)
        return (dataset, notes.map { $0.replacing(folder.path, with: "DIR") })
    }

    private func sentence(
        _ arrays: [(String, [UInt8])], options: DatasetOptions = DatasetOptions()
    ) throws -> String? {
        do {
            _ = try read(arrays, options: options)
            return nil
        } catch let error as DatasetError {
            return error.description.replacing(folder.path, with: "DIR")
        }
    }

    private func sentence(_ archive: TestArchive) throws -> String? {
        let path = try folder.write(archive.bytes, to: "arrays.npz")
        return failure { () throws(DatasetError) in
            var notes: [String] = []
            _ = try Dataset(arrays: path, notes: &notes)
        }?.description.replacing(path, with: "FILE")
    }

    // MARK: What is read

    @Test("Stored, deflated, with zip64 or a comment, or a folder of files: the same data set")
    func forms() throws {
        var archives = [
            TestArchive(Self.keras()), TestArchive(Self.keras(), deflated: true),
            TestArchive(Self.keras()), TestArchive(Self.keras()),
        ]
        for index in archives[2].entries.indices { archives[2].entries[index].isLong = true }
        archives[2].isLong = true
        archives[3].comment = Array(repeating: 0x50, count: 3000)
        var paths = try archives.enumerated().map {
            try folder.write($0.element.bytes, to: "\($0.offset).npz")
        }
        for (name, bytes) in Self.keras() { try folder.write(bytes, to: "files/\(name).npy") }
        paths.append(folder.path + "/files")
        for path in paths {
            let loaded = try DatasetLocator(environment: [:]).load(.path(path))
            #expect(loaded.notes.isEmpty)
            let dataset = loaded.dataset
            #expect(dataset.train.pixels == (0..<72).map { UInt8($0) })
            #expect(dataset.train.labels == (0..<12).map { Int32($0 % 3) })
            #expect(dataset.test.pixels == (0..<24).map { UInt8($0 + 100) })
            #expect(dataset.test.labels == [0, 1, 2, 0])
            #expect(dataset.train.shape == [2, 3, 1] && dataset.classCount == 3)
            #expect(dataset.name == URL(fileURLWithPath: path).lastPathComponent)
        }
    }

    @Test("Floats stay as they are; other whole numbers and bools become Floats")
    func numbers() throws {
        let x = (0..<12).map { Float($0) / 8 - 1 }
        for (type, bytes, values) in [
            ("<f4", floats(x), x), (">f8", doubles(x.map(Double.init), bigEndian: true), x),
            ("<i2", wholes(Array(-4..<8), 2), (-4..<8).map { Float($0) }),
            ("|b1", (0..<12).map { UInt8($0 % 2) }, (0..<12).map { Float($0 % 2) }),
        ] {
            let (dataset, _) = try read([
                ("x_train", npy(type, [3, 4], bytes)), ("y_train", npy("|i1", [3], [0, 1, 0])),
                ("x_test", npy(type, [3, 4], bytes)), ("y_test", npy("|b1", [3, 1], [1, 0, 1])),
            ])
            #expect(dataset.train.values == values && dataset.train.pixels.isEmpty)
            #expect(dataset.train.isVector && dataset.train.shape == [4])
            #expect(dataset.test.labels == [1, 0, 1])
        }
    }

    @Test("Images of up to four channels, and features of bytes")
    func shapes() throws {
        for (shape, expected) in [
            ([4, 2, 3, 1], [2, 3, 1]), ([4, 2, 3, 4], [2, 3, 4]), ([4, 6], [6]),
        ] {
            let x = npy("|u1", shape, [UInt8](repeating: 9, count: shape.reduce(1, *)))
            let y = npy("|u1", [4], [0, 1, 1, 0])
            let (dataset, _) = try read([
                ("X_train", x), ("y_train", y), ("X_test", x), ("y_test", y),
            ])
            #expect(dataset.train.shape == expected && !dataset.train.pixels.isEmpty)
        }
    }

    @Test("One-hot rows are classes, of whole numbers or of floats", arguments: ["|u1", "<f4"])
    func oneHot(type: String) throws {
        let rows: [UInt8] = [0, 1, 0, 1, 0, 0, 0, 0, 1]
        let bytes = type == "|u1" ? rows : floats(rows.map { Float($0) })
        let x = npy("<f4", [3, 2], floats([1, 2, 3, 4, 5, 6]))
        let y = npy(type, [3, 3], bytes)
        let (dataset, notes) = try read([
            ("x_train", x), ("y_train", y), ("x_test", x), ("y_test", y),
        ])
        #expect(dataset.train.labels == [1, 0, 2] && dataset.classCount == 3)
        #expect(
            notes == ["DIR/arrays.npz: y_train has one-hot rows: they are taken as 3 classes"])
    }

    @Test("Floats are numbers to be predicted")
    func regression() throws {
        let x = npy("<f8", [4, 2], doubles([1, 2, 3, 4, 5, 6, 7, 8]))
        for (shape, count) in [([4], 1), ([4, 1], 1), ([4, 2], 2)] {
            let values = (0..<4 * count).map { Float($0) / 4 }
            let y = npy("<f4", shape, floats(values))
            let (dataset, notes) = try read([
                ("x_train", x), ("y_train", y), ("x_test", x), ("y_test", y),
            ])
            #expect(dataset.train.targets == values && dataset.train.targetCount == count)
            #expect(dataset.classCount == 1 && notes.count == 1)
        }
    }

    @Test("Of x and y alone a random part is tested on, the same for the same file")
    func split() throws {
        let y = npy("<i4", [10], wholes((0..<10).map { $0 % 2 }, 4))
        let x = npy("<f4", [10, 1], floats((0..<10).map { Float($0) }))
        for names in [("x", "y"), ("X", "y"), ("data", "target"), ("images", "labels")] {
            var options = DatasetOptions()
            var seen: Set<[Float]> = []
            for (fraction, tested) in [(nil, 2), (0.3, 3), (0.01, 1), (0.99, 9)] {
                options.testFraction = fraction
                let (dataset, notes) = try read([(names.0, x), (names.1, y)], options: options)
                #expect(dataset.test.count == tested && dataset.train.count == 10 - tested)
                #expect(
                    (dataset.train.values + dataset.test.values).sorted()
                        == (0..<10).map { Float($0) })
                for samples in [dataset.train, dataset.test] {
                    #expect(samples.values == samples.values.sorted())
                    #expect(samples.labels == samples.values.map { Int32($0) % 2 })
                }
                #expect(
                    notes == [
                        "DIR/arrays.npz has no test samples of its own: \(tested) of its 10, "
                            + "drawn at random, are tested on (test fraction \(fraction ?? 0.2))"
                    ])
                seen.insert(dataset.test.values)
                let (again, _) = try read([(names.0, x), (names.1, y)], options: options)
                #expect(again.fingerprint == dataset.fingerprint)
            }
            #expect(seen.count == 4)
        }
    }

    @Test("Other arrays are said not to be read")
    func others() throws {
        let (_, notes) = try read(Self.keras() + [("ids", npy("|O", [2], []))])
        #expect(notes == ["DIR/arrays.npz has ids too: not read"])
    }

    // MARK: What is refused

    @Test("Arrays that are missing, or that could be read in two ways")
    func names() throws {
        let y = npy("|u1", [2], [0, 1])
        #expect(
            try sentence([("a", y), ("b", y)])
                == "DIR/arrays.npz has a, b, but arrays are known by the names x_train y_train x_test "
                + "y_test, or X_train y_train X_test y_test, or train_images train_labels test_images "
                + "test_labels, or x y, or X y, or data target, or images labels")
        #expect(
            try sentence(Array(Self.keras().dropLast()))
                == "DIR/arrays.npz has x_test, x_train, y_train, but no y_test beside them")
        #expect(
            try sentence([("x", y), ("y", y), ("X", y)])
                == "DIR/arrays.npz has several arrays that could be the data: X, x, y")
        #expect(
            try sentence([])?.hasPrefix("DIR/arrays.npz has no arrays, but arrays are known by")
                == true)
        #expect(
            try sentence(Self.keras(), options: DatasetOptions(testFraction: 0.5))
                == "--test-fraction says nothing of DIR/arrays.npz: it is split already")
    }

    @Test("Labels that number no classes")
    func labels() throws {
        let name = "DIR/arrays.npz: y_train"
        func sentence(_ labels: [Int], classes: String? = nil) throws -> String? {
            try self.sentence(
                Self.keras(["y_train": npy("<i8", [12], wholes(labels, 8))]))
        }
        let rest = [Int](repeating: 0, count: 9)
        #expect(
            try sentence(rest + [1, 3, 3])
                == "\(name) has no sample of class 2, though labels go up to 3: number the classes from "
                + "0 without gaps")
        #expect(
            try sentence([Int](repeating: 1, count: 10) + [2, 3])
                == "\(name) has no sample of class 0, though labels go up to 3: number the classes from "
                + "0 without gaps")
        #expect(
            try sentence(rest + [1, -1, 2])
                == "\(name) has the label -1 at position 10, but labels count from 0")
        #expect(
            try sentence(rest + [0, 0, 0])
                == "\(name) has samples of class 0 only: there is nothing to tell apart")
        #expect(
            try sentence(rest + [1, 2, 70_000])
                == "there cannot be 70001 classes: they are 1 to 65536")
        #expect(
            try sentence(rest + [1, 2, .max])
                == "there cannot be \(Int.max) classes: they are 1 to 65536")
        #expect(
            try self.sentence(Self.keras(["y_test": npy("|u1", [4], [0, 3, 1, 2])]))
                == "DIR/arrays.npz: y_test: label 1 is 3, but labels are 0 to 2")
        #expect(
            try self.sentence(
                Self.keras(["y_train": npy("|u1", [12, 2], [UInt8](repeating: 1, count: 24))]))
                == "\(name) has rows of whole numbers, and row 0 is not one-hot (one 1, all others 0): "
                + "labels are [N], [N][1] or one-hot rows [N][K]")
        #expect(
            try self.sentence(
                Self.keras(["y_train": npy("|u1", [3, 2, 2], [UInt8](repeating: 1, count: 12))]))
                == "\(name) has the shape (3, 2, 2), but labels are [N], [N][1] or one-hot rows [N][K], "
                + "and targets [N] or [N][T]")
        #expect(
            try self.sentence(
                Self.keras(["y_train": npy("|u1", [11], [UInt8](repeating: 1, count: 11))]))
                == "\(name) has 11 labels but DIR/arrays.npz: x_train has 12 images")
        #expect(
            try self.sentence(
                Self.keras([
                    "y_train": npy("<f4", [12], floats(rest.map { Float($0) } + [1, .nan, 1]))
                ]))
                == "\(name) has nan as value 0 of sample 10, but values are finite numbers that a Float "
                + "can hold")
        #expect(
            try self.sentence(Self.keras(["y_test": npy("<f4", [4], floats([0, 1, 2, 0]))]))
                == "DIR/arrays.npz: y_test holds numbers to be predicted, but the training samples have "
                + "classes")
    }

    @Test("Samples of shapes and values that cannot be")
    func samples() throws {
        let name = "DIR/arrays.npz: x_train"
        func sentence(_ shape: [Int]) throws -> String? {
            let count = shape.reduce(1, *)
            return try self.sentence(
                Self.keras(["x_train": npy("|u1", shape, [UInt8](repeating: 1, count: count))]))
        }
        #expect(
            try sentence([12, 3, 8, 8])
                == "\(name) has the shape (12, 3, 8, 8), whose channels come before height and width: "
                + "save x.transpose(0, 2, 3, 1) in its place")
        for (shape, text) in [
            ([12], "(12,)"), ([12, 2, 2, 2, 1], "(12, 2, 2, 2, 1)"),
            ([12, 2, 2, 5], "(12, 2, 2, 5)"),
        ] {
            #expect(
                try sentence(shape)
                    == "\(name) has the shape \(text), but samples are [N][F] features, [N][H][W] images "
                    + "or [N][H][W][C] images of 1 to 4 channels")
        }
        #expect(
            try sentence([12, 3, 2])
                == "DIR/arrays.npz: x_test has samples of shape (2, 3, 1), but the training samples are "
                + "of shape (3, 2, 1)")
        #expect(
            try self.sentence(
                Self.keras(["x_test": npy("<f4", [4, 2, 3], floats((0..<24).map { Float($0) }))]))
                == "DIR/arrays.npz: x_test holds other numbers than bytes, but the training samples are "
                + "bytes")
        for (value, text) in [(Double.nan, "nan"), (.infinity, "inf"), (-1e300, "-inf")] {
            var values = (0..<72).map { Double($0) }
            values[17] = value
            #expect(
                try self.sentence(Self.keras(["x_train": npy("<f8", [12, 2, 3], doubles(values))]))
                    == "\(name) has \(text) as value 5 of sample 2, but values are finite numbers that a "
                    + "Float can hold")
        }
        let one = [("x", npy("|u1", [1, 2], [1, 2])), ("y", npy("<f4", [1], floats([1])))]
        #expect(
            try self.sentence(one)
                == "DIR/arrays.npz: x has 1 sample, but one to train on and one to test on are needed"
        )
        for fraction in [0, 1, -1, .nan, .infinity] as [Double] {
            #expect(
                try self.sentence(one, options: DatasetOptions(testFraction: fraction))
                    == "--test-fraction must be above 0 and below 1, not \(fraction)")
        }
    }

    @Test("Archives that cannot be read")
    func archives() throws {
        var archive = TestArchive(Self.keras(), deflated: true)
        archive.entries[1].flags = 1
        #expect(
            try sentence(archive) == "FILE has \"y_train.npy\" encrypted, which is not read")
        archive = TestArchive(Self.keras())
        archive.entries[0].method = 12
        #expect(
            try sentence(archive)
                == "FILE has \"x_train.npy\" compressed by method 12, but only stored and deflated "
                + "entries are read (numpy's savez and savez_compressed)")
        archive = TestArchive(Self.keras(), deflated: true)
        archive.entries[2].checksum = 1
        #expect(
            try sentence(archive)
                == "FILE has \"x_test.npy\", whose bytes are not those that its CRC-32 is of")
        archive = TestArchive(Self.keras())
        archive.entries[0].declared = 300
        #expect(
            try sentence(archive)
                == "FILE has \"x_train.npy\" of 200 bytes, but its directory says 300")
        archive = TestArchive(Self.keras())
        archive.entries[0].declared = 1 << 40
        archive.entries[0].isLong = true
        #expect(
            try sentence(archive)
                == "FILE has \"x_train.npy\" of more than the 2147549196 bytes that are read at most"
        )
        archive = TestArchive(Self.keras())
        archive.entries[0].bytes = Array("nothing".utf8)
        archive.entries[0].method = 8
        #expect(
            try sentence(archive)?.hasPrefix(
                "FILE has \"x_train.npy\", which does not decompress: ") == true)
        archive = TestArchive(Self.keras() + Self.keras())
        #expect(
            try sentence(archive)
                == "FILE has several arrays that could be the data: x_train.npy, x_train.npy")
    }

    @Test("A bomb stops at its first piece too many")
    func bombs() throws {
        // Declared as it is: the array says that it is small.
        let zeros = [UInt8](repeating: 0, count: 64 << 20)
        var archive = TestArchive(Self.keras(), deflated: true)
        archive.entries[0].bytes += zeros
        #expect(archive.bytes.count < 200_000)
        #expect(
            try sentence(archive)
                == "FILE: x_train is too long: its shape takes 72 bytes, but it holds more")
        // Declared as small.
        archive.entries[0].declared = 200
        #expect(
            try sentence(archive)
                == "FILE has \"x_train.npy\" of more bytes, but its directory says 200")
    }

    @Test("Whatever is cut off or changed is refused, or changes nothing")
    func damage() throws {
        let whole = TestArchive(Self.keras(), deflated: true).bytes
        let sound = try read(Self.keras()).0.fingerprint
        for position in stride(from: 0, to: whole.count, by: 5) {
            for broken in [Array(whole[..<position]), whole.replaced(at: position)] {
                let path = try folder.write(broken, to: "arrays.npz")
                var notes: [String] = []
                let found = try? Dataset(arrays: path, notes: &notes).fingerprint
                #expect(found == nil || found == sound, "byte \(position)")
            }
        }
        #expect(
            failure { () throws(DatasetError) in
                var notes: [String] = []
                _ = try Dataset(arrays: folder.path + "/none.npz", notes: &notes)
            }?.description == "there is no file or folder “\(folder.path)/none.npz”")
    }
}

extension [UInt8] {
    /// With another byte at that place.
    fileprivate func replaced(at position: Int) -> [UInt8] {
        var copy = self
        copy[position] ^= 0x55
        return copy
    }
}
