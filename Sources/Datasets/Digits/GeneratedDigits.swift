import Parameters

/// 28×28 grey images of the ten digits, drawn by a pen with a random hand.
///
/// They stand in for MNIST where it cannot be had: of the same shape and split, learnable and not
/// trivial, but not the same images, so accuracies compare only among themselves. Image i of each
/// half is drawn from a stream of its own: the bytes depend on the seed alone.
public enum GeneratedDigits {
    /// Height and width of an image in pixels.
    public static let side = DigitCanvas.side

    /// The images and labels of `seed`, drawn on `threads` threads.
    ///
    /// Each half holds every digit equally often (±1), in random order. The first images of a
    /// larger dataset aren't those of a smaller one: the order depends on the count.
    /// - Precondition: counts are not negative, `threads` > 0.
    public static func dataset(
        seed: UInt64 = 1, trainCount: Int = 60_000, testCount: Int = 10_000, threads: Int
    ) -> Dataset {
        Dataset(
            digits: images(.train, count: trainCount, seed: seed, threads: threads),
            test: images(.test, count: testCount, seed: seed, threads: threads), seed: seed)
    }

    /// The pixels of one image of `digit`, row by row, 0 for paper and up to 255 for ink.
    ///
    /// - Precondition: `digit` is in 0 ... 9.
    public static func image(digit: Int, stream: inout RandomStream) -> [UInt8] {
        precondition((0...9).contains(digit), "a digit is in 0 ... 9, not \(digit)")
        let count = side * side
        return [UInt8](unsafeUninitializedCapacity: count) { pixels, initialized in
            var painter = DigitPainter()
            painter.paint(digit, stream: &stream, into: pixels)
            initialized = count
        }
    }

    /// The halves of a dataset; the raw value is part of the key of their random streams.
    private enum Half: Int {
        case train = 0
        case test = 1

        /// Labels are put in order with streams apart from those of the images.
        var labelIndex: Int { rawValue + 2 }
    }

    private static func images(
        _ half: Half, count: Int, seed: UInt64, threads: Int
    ) -> Samples {
        precondition(count >= 0, "a dataset cannot hold \(count) images")
        var labels = (0..<count).map { UInt8($0 % 10) }
        let key = RandomKey(seed: seed, purpose: .generation)
        var order = RandomStream(key.with(index: half.labelIndex))
        order.shuffle(&labels)

        let size = side * side
        let chunk = 250
        let pixels = [UInt8](unsafeUninitializedCapacity: count * size) { pixels, initialized in
            nonisolated(unsafe) let pixels = pixels
            let labels = labels
            parallelFor(count: (count + chunk - 1) / chunk, threads: threads) { _, index in
                var painter = DigitPainter()
                for image in index * chunk..<min(count, (index + 1) * chunk) {
                    var imageKey = key.with(index: half.rawValue)
                    imageKey.part = image
                    var stream = RandomStream(imageKey)
                    let place = image * size..<(image + 1) * size
                    painter.paint(
                        Int(labels[image]), stream: &stream,
                        into: UnsafeMutableBufferPointer(rebasing: pixels[place]))
                }
            }
            initialized = count * size
        }
        return Samples(generated: pixels, labels: labels, side: side)
    }
}
