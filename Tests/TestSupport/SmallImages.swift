import Foundation
import Parameters

/// IDX files of a few images, which a command reads in no time.
package enum SmallImages {
    package static let trainCount = 600
    package static let testCount = 100

    /// Writes the four files: noise, and a bright row for each class.
    /// - Returns: the folder's path, for `--dataset`.
    package static func write(to folder: URL) throws -> String {
        let data = folder.appending(path: "images")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        for (name, count) in [("train", trainCount), ("t10k", testCount)] {
            var random = RandomStream(
                RandomKey(seed: UInt64(count), purpose: .generation))
            let labels = (0..<count).map { _ in UInt8(random.next(below: 10)) }
            var pixels: [UInt8] = []
            for label in labels {
                for place in 0..<784 {
                    let isBright = place / 28 == 2 * Int(label) + 4
                    pixels.append(UInt8(random.next(below: 100)) + (isBright ? 100 : 0))
                }
            }
            try (header(count, [28, 28]) + Data(pixels)).write(
                to: data.appending(path: "\(name)-images-idx3-ubyte"))
            try (header(count, []) + Data(labels)).write(
                to: data.appending(path: "\(name)-labels-idx1-ubyte"))
        }
        return data.path
    }

    private static func header(_ count: Int, _ size: [Int]) -> Data {
        let words = [0x800 + size.count + 1, count] + size
        return Data(words.flatMap { word in [24, 16, 8, 0].map { UInt8(word >> $0 & 0xFF) } })
    }
}
