extension Dataset {
    /// The same data set with height and width of each image in each other's place.
    /// - Throws: `DatasetError.notImages` where samples are lists of features.
    package func transposed() throws(DatasetError) -> Dataset {
        guard !train.isVector else { throw .notImages(name: name) }
        var copy = self
        copy.train = train.transposed()
        copy.test = test.transposed()
        return copy
    }
}

extension Samples {
    /// The same images, [N][W][H][C].
    fileprivate func transposed() -> Samples {
        var result = Samples(
            pixels: Self.transposed(pixels, height, width, channels),
            values: Self.transposed(values, height, width, channels), labels: labels,
            targets: targets, targetCount: targetCount, shape: [width, height, channels],
            classCount: classCount)
        result.scaling = scaling
        return result
    }

    private static func transposed<Number: Numeric>(
        _ numbers: [Number], _ height: Int, _ width: Int, _ channels: Int
    ) -> [Number] {
        let size = height * width * channels
        var result = numbers
        result.withUnsafeMutableBufferPointer { result in
            numbers.withUnsafeBufferPointer { numbers in
                for start in stride(from: 0, to: numbers.count, by: size) {
                    for row in 0..<height {
                        for column in 0..<width {
                            let source = start + (row * width + column) * channels
                            let target = start + (column * height + row) * channels
                            for channel in 0..<channels {
                                result[target + channel] = numbers[source + channel]
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}
