/// A stand-in until the generated digits are merged: stripes whose place tells the class.
enum GeneratedDigits {
    static func dataset(
        seed: UInt64 = 1, trainCount: Int = 60_000, testCount: Int = 10_000, threads: Int
    ) -> Dataset {
        Dataset(
            name: "digits", origin: "generated digits, seed \(seed)",
            train: images(trainCount), test: images(testCount))
    }

    private static func images(_ count: Int) -> LabelledImages {
        var pixels = [UInt8](repeating: 0, count: count * 784)
        let labels = (0..<count).map { UInt8($0 % 10) }
        for (image, label) in labels.enumerated() {
            for column in 0..<28 { pixels[image * 784 + (Int(label) * 2 + 4) * 28 + column] = 255 }
        }
        return LabelledImages(unchecked: pixels, labels: labels, height: 28, width: 28)
    }
}

extension LabelledImages {
    /// Images whose sizes and labels are right because this module has just made them so.
    fileprivate init(unchecked pixels: [UInt8], labels: [UInt8], height: Int, width: Int) {
        assert(pixels.count == labels.count * height * width)
        self.pixels = pixels
        self.labels = labels
        self.height = height
        self.width = width
        channels = 1
    }
}
