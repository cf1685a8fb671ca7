import Datasets
import Parameters

/// 28×28 grey images of 62 classes by 3,400 writers, in the place of federated EMNIST: same shape, classes
/// and counts.
///
/// Class c is the digit c mod 10 in the ⌊c / 10⌋-th of seven orientations. Some of these are alike, like a
/// mirrored 8, so that accuracy says nothing beside EMNIST's.
enum GeneratedCharacters {
    static let classCount = 62
    static let testCount = 77_483

    /// Where each pixel comes from, by orientation.
    private static let orientations: [[Int]] = {
        let side = GeneratedDigits.side
        return (0..<7).map { orientation in
            (0..<side * side).map { place in
                var (y, x) = (place / side, place % side)
                if orientation & 1 != 0 { (y, x) = (x, y) }
                if orientation & 2 != 0 { x = side - 1 - x }
                if orientation & 4 != 0 { y = side - 1 - y }
                return y * side + x
            }
        }
    }()

    /// The images of all writers, one writer's behind the other's, and those to test on.
    /// - Parameters:
    ///   - digits: what they are made of.
    ///   - background: 0 for ink of 255 on 0, 255 for the reverse.
    static func dataset(of digits: Dataset, background: UInt8, threads: Int) throws -> Dataset {
        let sizes = WriterSizes.sizes
        var dataset = try Dataset(
            name: "characters",
            origin: "generated characters of 62 classes, " + WriterSizes.words,
            train: samples(WriterSizes.total, of: digits.train, index: 2, background, threads),
            test: samples(testCount, of: digits.test, index: 3, background, threads))
        dataset.owners = SampleOwners(
            names: sizes.indices.map { "writer \($0)" },
            train: sizes.enumerated().flatMap { writer, size in
                repeatElement(Int32(writer), count: size)
            })
        return dataset
    }

    private static func samples(
        _ count: Int, of digits: Samples, index: Int, _ background: UInt8, _ threads: Int
    ) throws -> Samples {
        let key = RandomKey(seed: 1, purpose: .benchmark, index: index)
        var random = RandomStream(key)
        var labels = (0..<count).map { Int32($0 % classCount) }
        random.shuffle(&labels)
        let byDigit = digits.indicesByClass()
        let sources = labels.map { label in
            let members = byDigit[Int(label) % 10]
            return members[random.next(below: members.count)]
        }
        let size = digits.pixelsPerImage
        let chunk = 1000
        let pixels = [UInt8](unsafeUninitializedCapacity: count * size) { pixels, initialized in
            nonisolated(unsafe) let pixels = pixels
            let labels = labels
            parallelFor(count: (count + chunk - 1) / chunk, threads: threads) { _, part in
                for image in part * chunk..<min(count, (part + 1) * chunk) {
                    let start = Int(sources[image]) * size
                    let map = orientations[Int(labels[image]) / 10]
                    for (place, source) in map.enumerated() {
                        // With a background of 255 ink is what is left of it.
                        pixels[image * size + place] = digits.pixels[start + source] ^ background
                    }
                }
            }
            initialized = count * size
        }
        return try Samples(
            pixels: pixels, labels: labels, height: digits.height, width: digits.width,
            classCount: classCount)
    }
}
