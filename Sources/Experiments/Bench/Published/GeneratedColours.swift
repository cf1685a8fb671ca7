import Datasets
import Foundation
import Parameters

/// 32×32 colour images of ten classes in the place of CIFAR-10: same shape, classes and counts.
///
/// An image is a piece of its class's texture, one of others' and noise: it can be learnt, and not at once.
enum GeneratedColours {
    static let side = 32
    static let channels = 3
    static let classCount = 10
    static let trainCount = 50_000
    static let testCount = 10_000

    /// Height and width of a texture, which goes on at its other side.
    private static let period = 64
    /// Textures that are no class's.
    private static let others = 30

    static func dataset(threads: Int) throws -> Dataset {
        try Dataset(
            name: "colours", origin: "generated colour images of CIFAR-10's shape",
            train: samples(trainCount, index: 4, threads),
            test: samples(testCount, index: 5, threads))
    }

    /// Part of a texture: how often it goes up and down over the whole height and width.
    private struct Wave {
        var y: Int
        var x: Int
        var phase: Double

        init(_ random: inout RandomStream) {
            y = random.next(in: -6...6)
            x = random.next(in: -6...6)
            phase = random.nextUniform(0, 2 * .pi)
        }

        func height(_ y: Int, _ x: Int) -> Double {
            let turns = Double(self.y * y + self.x * x) / Double(period)
            return cos(2 * .pi * turns + phase)
        }
    }

    /// [texture][y][x][channel], −140 to 140 and mostly within 70.
    private static let textures: [Int32] = (0..<classCount + others).flatMap(texture)

    private static func texture(number: Int) -> [Int32] {
        var random = RandomStream(
            RandomKey(seed: 1, purpose: .benchmark, index: 6, part: number))
        let waves = (0..<channels * 4).map { _ in Wave(&random) }
        var values: [Int32] = []
        for y in 0..<period {
            for x in 0..<period {
                for channel in 0..<channels {
                    let heights = waves[channel * 4..<channel * 4 + 4].map { $0.height(y, x) }
                    values.append(Int32(35 * heights.reduce(0, +)))
                }
            }
        }
        return values
    }

    private static func samples(_ count: Int, index: Int, _ threads: Int) throws -> Samples {
        let key = RandomKey(seed: 1, purpose: .benchmark, index: index)
        var labels = (0..<count).map { Int32($0 % classCount) }
        var order = RandomStream(key)
        order.shuffle(&labels)
        let size = side * side * channels
        let chunk = 250
        let pixels = [UInt8](unsafeUninitializedCapacity: count * size) { pixels, initialized in
            nonisolated(unsafe) let pixels = pixels
            let labels = labels
            parallelFor(count: (count + chunk - 1) / chunk, threads: threads) { _, part in
                for image in part * chunk..<min(count, (part + 1) * chunk) {
                    var imageKey = key
                    imageKey.part = image + 1
                    var random = RandomStream(imageKey)
                    paint(
                        Int(labels[image]), &random,
                        UnsafeMutableBufferPointer(
                            rebasing: pixels[image * size..<(image + 1) * size]))
                }
            }
            initialized = count * size
        }
        return try Samples(
            pixels: pixels, labels: labels, height: side, width: side, channels: channels,
            classCount: classCount)
    }

    private static func paint(
        _ label: Int, _ random: inout RandomStream, _ pixels: UnsafeMutableBufferPointer<UInt8>
    ) {
        let own = (number: label, y: random.next(below: period), x: random.next(below: period))
        let other = (
            number: classCount + random.next(below: others), y: random.next(below: period),
            x: random.next(below: period)
        )
        var noise: UInt64 = 0
        for y in 0..<side {
            for x in 0..<side {
                for channel in 0..<channels {
                    let place = (y * side + x) * channels + channel
                    if place % 8 == 0 { noise = random.next() }
                    let grain = Int32(truncatingIfNeeded: noise & 0x3F) - 32
                    noise >>= 8
                    let value =
                        128 + grain + texture(own, y, x, channel) / 2
                        + texture(other, y, x, channel) / 2
                    pixels[place] = UInt8(clamping: value)
                }
            }
        }
    }

    private static func texture(
        _ from: (number: Int, y: Int, x: Int), _ y: Int, _ x: Int, _ channel: Int
    ) -> Int32 {
        let row = (from.number * period + (from.y + y) % period) * period
        return textures[(row + (from.x + x) % period) * channels + channel]
    }
}
