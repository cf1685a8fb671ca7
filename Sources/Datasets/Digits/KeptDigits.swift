import Foundation
import Platform

/// The usual digits, those of seed 1, kept in a file: drawing all of them takes a second of a core, and
/// reading them a fifth of that.
///
/// Nothing depends on the file. Whoever can't read it, or finds other digits in it (of another version, or
/// damaged), draws them; whoever can't write it goes without. The Python module's `digits()` reads it, too.
enum KeptDigits {
    static let seed: UInt64 = 1
    private static let (trainCount, testCount) = (60_000, 10_000)
    /// `Dataset.fingerprint` of the usual digits.
    static let fingerprint: UInt64 = 0x80d0_459f_4d00_f065

    /// The digits, drawn on `threads` threads where `folder` does not have them.
    static func dataset(in folder: String, threads: Int) -> Dataset {
        let path = folder + "/digits.bin"
        if let kept = read(path) { return kept }
        let drawn = GeneratedDigits.dataset(
            seed: seed, trainCount: trainCount, testCount: testCount, threads: threads)
        write(drawn, in: folder, path)
        return drawn
    }

    /// Labels, then pixels, of the training images and then of those to test on.
    private static func write(_ digits: Dataset, in folder: String, _ path: String) {
        guard Folder.make(folder) == nil else { return }
        var bytes: [UInt8] = []
        for images in [digits.train, digits.test] {
            bytes += images.labels.map { UInt8(truncatingIfNeeded: $0) }
            bytes += images.pixels
        }
        try? OutputFile.write(bytes, to: path)
    }

    private static func read(_ path: String) -> Dataset? {
        let size = GeneratedDigits.side * GeneratedDigits.side
        let byteCount = (trainCount + testCount) * (1 + size)
        guard let bytes = try? InputFile.read(path, byteLimit: byteCount), bytes.count == byteCount
        else { return nil }
        var rest = bytes[...]
        func images(_ count: Int) -> Samples? {
            let labels = Array(rest.prefix(count))
            guard labels.allSatisfy({ $0 < 10 }) else { return nil }
            let pixels = Array(rest.dropFirst(count).prefix(count * size))
            rest = rest.dropFirst(count * (1 + size))
            return Samples(generated: pixels, labels: labels, side: GeneratedDigits.side)
        }
        guard let train = images(trainCount), let test = images(testCount) else { return nil }
        let digits = Dataset(digits: train, test: test, seed: seed)
        return digits.fingerprint == fingerprint ? digits : nil
    }
}
