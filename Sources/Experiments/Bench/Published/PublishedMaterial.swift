import Datasets
import Parameters
import Platform

/// What a published setting is run on.
package enum PublishedMaterial: Hashable, Sendable {
    /// MNIST, or digits in its place; with more samples than there are images some are there twice.
    case mnist(samples: Int)
    /// Federated EMNIST's shape: 62 classes by 3,400 writers, ink on a background of 0 or 255.
    case characters(background: UInt8)
    /// CIFAR-10, or its shape.
    case colours
}

/// Where data of published settings come from.
package struct PublishedSources: Sendable {
    /// MNIST's rows: a data set by name or path; nil for MNIST where it is to be had, else digits.
    package var dataset: String?
    /// Where MNIST is looked for first.
    package var folder: String?
    /// CIFAR-10's folder; nil for generated images.
    package var cifar: String?

    package init(dataset: String? = nil, folder: String? = nil, cifar: String? = nil) {
        self.dataset = dataset
        self.folder = folder
        self.cifar = cifar
    }

    /// Reads what was given for any of these rows, so that what can't be used is said before anything runs.
    /// - Throws: as `load`.
    package func check(_ settings: [PublishedSetting], threads: Int) throws {
        for setting in settings {
            switch setting.material {
            case .mnist where dataset != nil || folder != nil:
                _ = try load(setting, threads: threads)
            case .colours where cifar != nil: _ = try load(setting, threads: threads)
            default: continue
            }
        }
    }

    /// The data of a row.
    /// - Returns: them, and what is to be said of them.
    /// - Throws: `DatasetError` where they cannot be read, `PublishedError.data` where they are others.
    package func load(
        _ setting: PublishedSetting, threads: Int
    ) throws -> (data: RunData, words: String) {
        switch setting.material {
        case .mnist(let samples):
            let data = try RunData.load(dataset, folder: folder, threads: threads)
            try Self.check(
                data.dataset, for: setting, name: dataset ?? "mnist", [28, 28, 1], 60_000)
            var words = data.dataset.origin
            if data.isSubstitute { words += ", as MNIST is not at hand" }
            let more = samples - data.dataset.train.count
            guard more > 0 else { return (data, words) }
            return (
                RunData(try Self.repeating(data.dataset, more)),
                words + ", \(Text.count(more)) images of it twice"
            )
        case .characters(let background):
            // EMNIST is nowhere to be had by itself.
            let digits = try RunData.load("digits", threads: threads).dataset
            let dataset = try GeneratedCharacters.dataset(
                of: digits, background: background, threads: threads)
            return (RunData(dataset), dataset.origin + ", as federated EMNIST is not at hand")
        case .colours:
            guard let cifar else {
                let dataset = try GeneratedColours.dataset(threads: threads)
                return (RunData(dataset), dataset.origin + ", as no folder of CIFAR-10 was given")
            }
            let data = try RunData.load(cifar, threads: threads)
            try Self.check(data.dataset, for: setting, name: cifar, [32, 32, 3], 50_000)
            return (data, data.dataset.origin)
        }
    }

    private static func check(
        _ dataset: Dataset, for setting: PublishedSetting, name: String, _ shape: [Int],
        _ count: Int
    ) throws(PublishedError) {
        func words(_ shape: [Int], _ classes: Int, _ train: Int, _ test: Int) -> String {
            "\(Text.count(train)) and \(Text.count(test)) samples of "
                + "\(shape.map(String.init).joined(separator: "×")) in \(classes) classes"
        }
        let (train, test) = (dataset.train, dataset.test)
        let found = words(train.shape, train.classCount, train.count, test.count)
        let expected = words(shape, 10, count, 10_000)
        guard found == expected else {
            throw .data(setting: setting.id, name: name, found: found, expected: expected)
        }
    }

    /// The same with some of its training images once more.
    private static func repeating(_ dataset: Dataset, _ more: Int) throws -> Dataset {
        let train = dataset.train
        var order = Array(0..<train.count)
        var random = RandomStream(RandomKey(seed: 1, purpose: .benchmark, index: 7))
        random.shuffle(&order)
        var (pixels, labels) = (train.pixels, train.labels)
        let size = train.pixelsPerImage
        for image in order.prefix(more) {
            pixels += train.pixels[image * size..<(image + 1) * size]
            labels.append(train.labels[image])
        }
        return try Dataset(
            name: dataset.name,
            origin: "\(dataset.origin), \(more) images twice",
            train: Samples(
                pixels: pixels, labels: labels, height: train.height, width: train.width,
                classCount: train.classCount),
            test: dataset.test)
    }
}
