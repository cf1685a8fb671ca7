import Datasets
import Foundation
import Parameters
import TestThreads
import Testing

@Suite("Generated digits", .holdsItsThread)
struct GeneratedDigitsTests {
    /// Images that several tests look at; drawn once.
    static let sample = GeneratedDigits.dataset(
        seed: 1, trainCount: 2000, testCount: 1000, threads: 2)

    @Test("The dataset says what it is and holds what was asked for")
    func shape() {
        let data = GeneratedDigits.dataset(seed: 12, trainCount: 30, testCount: 20, threads: 2)
        #expect(data.name == "digits")
        #expect(data.origin == "generated digits, seed 12")
        #expect(data.train.labels.count == 30)
        #expect(data.test.labels.count == 20)
        for half in [data.train, data.test] {
            #expect(half.height == 28)
            #expect(half.width == 28)
            #expect(half.channels == 1)
            #expect(half.pixels.count == half.labels.count * 784)
        }
    }

    @Test("No images make an empty dataset")
    func empty() {
        let data = GeneratedDigits.dataset(trainCount: 0, testCount: 0, threads: 3)
        #expect(data.train.pixels.isEmpty && data.train.labels.isEmpty)
        #expect(data.test.pixels.isEmpty && data.test.labels.isEmpty)
    }

    /// 601 images are two chunks of work and part of a third.
    @Test("The number of threads changes no byte", arguments: [2, 7])
    func threads(_ threads: Int) {
        let one = GeneratedDigits.dataset(seed: 3, trainCount: 601, testCount: 99, threads: 1)
        let many = GeneratedDigits.dataset(
            seed: 3, trainCount: 601, testCount: 99, threads: threads)
        #expect(one.train.pixels == many.train.pixels)
        #expect(one.train.labels == many.train.labels)
        #expect(one.test.pixels == many.test.pixels)
        #expect(one.test.labels == many.test.labels)
    }

    @Test("Another seed gives other images in another order")
    func seeds() {
        let one = GeneratedDigits.dataset(seed: 1, trainCount: 100, testCount: 10, threads: 2)
        let two = GeneratedDigits.dataset(seed: 2, trainCount: 100, testCount: 10, threads: 2)
        #expect(one.train.pixels != two.train.pixels)
        #expect(one.train.labels != two.train.labels)
        #expect(one.test.pixels != two.test.pixels)
    }

    @Test("The usual digits are kept in the cache, and drawn again where what is there is not they")
    func kept() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "digits-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let locator = DatasetLocator(environment: ["XDG_CACHE_HOME": folder.path], threads: 2)
        func fingerprint() throws -> UInt64 { try locator.load(.digits).dataset.fingerprint }
        // The pinned number of the drawing: another generator is another number.
        let drawn = GeneratedDigits.dataset(threads: 2)
        let file = folder.appending(path: "federated/digits/digits.bin")
        #expect(try fingerprint() == drawn.fingerprint)
        var bytes = try Data(contentsOf: file)
        #expect(bytes.count == 70_000 * 785)
        let kept = try locator.load(.digits).dataset
        #expect(kept.train.pixels == drawn.train.pixels && kept.test.labels == drawn.test.labels)
        #expect(kept.origin == drawn.origin && kept.name == drawn.name)
        for (position, byte) in [(1_000_000, bytes[1_000_000] ^ 1), (5, 200)] {
            let right = bytes[position]
            bytes[position] = byte
            try bytes.write(to: file)
            #expect(try fingerprint() == drawn.fingerprint)
            bytes[position] = right
            #expect(try Data(contentsOf: file) == bytes)
        }
        try bytes.dropLast().write(to: file)
        #expect(try fingerprint() == drawn.fingerprint)
        #expect(try Data(contentsOf: file) == bytes)
        // Where nothing can be kept, they are drawn.
        try FileManager.default.removeItem(at: folder)
        try Data().write(to: folder)
        #expect(try fingerprint() == drawn.fingerprint)
        #expect(
            try DatasetLocator(environment: [:], threads: 2).load(.digits).dataset.fingerprint
                == drawn.fingerprint)
    }

    /// A change of the generator changes every run on its images: it must be meant, and be told.
    @Test("The first images and labels are those they have always been")
    func pinned() {
        let data = GeneratedDigits.dataset(seed: 1, trainCount: 20, testCount: 20, threads: 2)
        #expect(fnv1a(data.train.pixels) == 0x2359_4371_ef0c_c63c)
        #expect(fnv1a(data.test.pixels) == 0x60d9_6e33_1b9e_0fb6)
        #expect(fnv1a(data.train.labels.map { UInt8($0) }) == 0x487d_5390_fe6f_6ff9)
    }

    @Test("One image is drawn by its stream and digit alone")
    func oneImage() {
        let data = GeneratedDigits.dataset(seed: 5, trainCount: 1, testCount: 4, threads: 1)
        for image in 0..<4 {
            var stream = RandomStream(
                RandomKey(seed: 5, purpose: .generation, index: 1, part: image))
            let alone = GeneratedDigits.image(
                digit: Int(data.test.labels[image]), stream: &stream)
            #expect(alone == Array(data.test.pixels[image * 784..<(image + 1) * 784]))
        }
    }

    @Test("Every digit is there equally often, in random order", arguments: [10, 1000, 1004])
    func balance(count: Int) {
        let data = GeneratedDigits.dataset(trainCount: count, testCount: count, threads: 2)
        for labels in [data.train.labels, data.test.labels] {
            var counts = [Int](repeating: 0, count: 10)
            for label in labels { counts[Int(label)] += 1 }
            #expect(counts.reduce(0, +) == count)
            #expect(counts.max()! - counts.min()! <= (count % 10 == 0 ? 0 : 1))
            #expect(labels != (0..<count).map { Int32($0 % 10) })
        }
        #expect(data.train.labels != data.test.labels)
    }

    @Test("No image is there twice, in one half or in both")
    func disjoint() {
        let images = Self.images(Self.sample.train) + Self.images(Self.sample.test)
        #expect(images.count == 3000)
        #expect(Set(images.map { Array($0) }).count == images.count)
    }

    @Test("Every image has ink, paper and strong grey, and is not cropped")
    func ink() {
        var touchingBorder = 0
        let images = Self.images(Self.sample.train)
        for (index, image) in images.enumerated() {
            let inked = image.count { $0 > 64 }
            #expect((15...400).contains(inked), "image \(index) has \(inked) pixels of ink")
            #expect(image.max()! > 100, "image \(index) is faint")
            let strong = image.indices.filter { image[$0] > 64 }.map { $0 - image.startIndex }
            let border = strong.contains { pixel in
                let (row, column) = pixel.quotientAndRemainder(dividingBy: 28)
                return row == 0 || row == 27 || column == 0 || column == 27
            }
            if border { touchingBorder += 1 }
        }
        #expect(touchingBorder == 0)
    }

    @Test("The mean image of each digit tells many digits apart, but not all")
    func nearestMean() {
        let train = Self.sample.train
        let test = Self.sample.test
        var means = [[Float]](repeating: [Float](repeating: 0, count: 784), count: 10)
        for (image, label) in zip(Self.images(train), train.labels) {
            for (pixel, value) in image.enumerated() {
                means[Int(label)][pixel] += Float(value) / Float(train.labels.count / 10)
            }
        }
        var right = 0
        for (image, label) in zip(Self.images(test), test.labels) {
            let distances = means.map { mean in
                zip(image, mean).reduce(Float(0)) { sum, pair in
                    let difference = Float(pair.0) - pair.1
                    return sum + difference * difference
                }
            }
            let nearest = distances.indices.min { distances[$0] < distances[$1] }
            if nearest == Int(label) { right += 1 }
        }
        let accuracy = Double(right) / Double(test.labels.count)
        #expect((0.5...0.9).contains(accuracy), "the nearest mean is right for \(accuracy)")
    }

    private static func images(_ half: Samples) -> [ArraySlice<UInt8>] {
        half.labels.indices.map { half.pixels[$0 * 784..<($0 + 1) * 784] }
    }

    /// Fowler, Noll and Vo's 64-bit hash, the variant 1a.
    private func fnv1a(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
