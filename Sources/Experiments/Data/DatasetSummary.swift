import Datasets
import JSON
import Platform

/// What a data set is, for people and for pictures of its samples.
package struct DatasetSummary {
    private let data: RunData
    private var dataset: Dataset { data.dataset }

    /// Of data that have been read.
    package init(_ data: RunData) { self.data = data }

    /// Name, origin, shape, what is predicted, scaling, owners, and what logs know the data by.
    package var facts: [(name: String, value: String)] {
        let (train, test) = (dataset.train, dataset.test)
        var facts = [
            ("data", "\(dataset.name): \(dataset.origin)"),
            (
                "samples",
                "\(Text.count(train.count)) to train, \(Text.count(test.count)) to test"
            ),
            ("shape", shape), ("predicts", target), ("models see", scaling),
        ]
        if let owners = dataset.owners { facts.append(("clients", Self.words(owners))) }
        facts.append(("fingerprint", "\(RunInputs.text(dataset.fingerprint)), as logs have it"))
        return facts
    }

    private var shape: String {
        let train = dataset.train
        let numbers = train.values.isEmpty ? "bytes" : "Floats"
        guard train.isVector else {
            return "images of \(train.height)×\(train.width)×\(train.channels) \(numbers)"
        }
        return "\(Text.plural(train.width, "feature")), \(numbers)"
    }

    private var target: String {
        dataset.train.targetCount == 0
            ? Text.plural(dataset.classCount, "class").replacing("classs", with: "classes")
            : Text.plural(dataset.train.targetCount, "number")
    }

    private var scaling: String {
        switch dataset.train.scaling {
        case .unit where !dataset.featureNames.isEmpty:
            "numbers with mean 0 and deviation 1 in the training rows, words as a feature each"
        case .unit: dataset.train.values.isEmpty ? "byte / 255" : "numbers as they are"
        case .standardized(let mean, let deviation):
            "(x − mean) / deviation, mean \(Self.words(mean)), deviation \(Self.words(deviation))"
        }
    }

    /// Numbers of channels; of many, how many they are.
    private static func words(_ numbers: [Float]) -> String {
        numbers.count <= 4
            ? numbers.map { Text.fixed(Double($0), 4) }.joined(separator: " ")
            : "of each of \(numbers.count)"
    }

    /// "539 with 19 to 131 samples; tested on those of 297 others".
    private static func words(_ owners: SampleOwners) -> String {
        var counts = [Int](repeating: 0, count: owners.names.count)
        for owner in owners.train { counts[Int(owner)] += 1 }
        var text =
            "\(Text.count(owners.names.count)) with \(Text.count(counts.min() ?? 0)) to "
            + "\(Text.plural(counts.max() ?? 0, "sample"))"
        if owners.test != nil {
            text +=
                owners.testNames == owners.names
                ? ", tested on their own"
                : ", tested on \(Text.count(owners.testNames.count)) others"
        }
        return text
    }

    /// For each class its name, training and test samples.
    package var classRows: [(name: String, train: Int, test: Int)] {
        guard dataset.train.targetCount == 0 else { return [] }
        let (train, test) = (dataset.train.classTotals, dataset.test.classTotals)
        return train.indices.map { label in
            (
                dataset.classNames.indices.contains(label)
                    ? "\(label) \(dataset.classNames[label])" : "\(label)", train[label],
                test[label]
            )
        }
    }

    /// Samples of a class that a picture shows, and classes.
    private static let shownSamples = 8
    private static let shownClasses = 20

    /// All of it, with the first images of each class as models see them before scaling.
    package var json: JSONValue {
        let train = dataset.train
        var members: [String: JSONValue] = [
            "name": .string(dataset.name), "origin": .string(dataset.origin),
            "shape": .array(train.shape.map(JSONValue.integer)),
            "numbers": .string(train.values.isEmpty ? "bytes" : "floats"),
            "training_samples": .integer(train.count), "test_samples": .integer(dataset.test.count),
            "classes": .integer(train.targetCount == 0 ? dataset.classCount : 0),
            "targets": .integer(train.targetCount),
            "class_names": .array(dataset.classNames.map(JSONValue.string)),
            "features": .array(dataset.featureNames.map(JSONValue.string)),
            "class_counts": .array(classRows.map { .integer($0.train) }),
            "test_class_counts": .array(classRows.map { .integer($0.test) }),
            "fingerprint": .string(RunInputs.text(dataset.fingerprint)),
        ]
        if let owners = dataset.owners {
            members["clients"] = .array(owners.names.map(JSONValue.string))
        }
        if case .standardized(let mean, let deviation) = train.scaling {
            members["mean"] = .array(mean.map { .number(Double($0)) })
            members["deviation"] = .array(deviation.map { .number(Double($0)) })
        }
        return .object(members)
    }

    /// Whether samples are images, of which there is something to see.
    package var hasPictures: Bool { !dataset.train.isVector && dataset.train.targetCount == 0 }

    /// `json` with the first images of each class, row-major, 0…1, for `plot_samples.py`.
    package var pictureJSON: JSONValue {
        let train = dataset.train
        let shown = train.indicesByClass().prefix(Self.shownClasses).map { positions in
            JSONValue.array(
                positions.prefix(Self.shownSamples).map { index in
                    .array(train.unitValues(of: Int(index)).map { .number(Double($0)) })
                })
        }
        var members = json.members
        members["samples"] = .array(Array(shown))
        return .object(members)
    }
}

extension Samples {
    /// How many samples there are of each class.
    fileprivate var classTotals: [Int] {
        var counts = [Int](repeating: 0, count: classCount)
        for label in labels { counts[Int(label)] += 1 }
        return counts
    }

    /// A sample's numbers, bytes as byte / 255.
    fileprivate func unitValues(of index: Int) -> [Float] {
        let range = index * pixelsPerImage..<(index + 1) * pixelsPerImage
        return values.isEmpty ? pixels[range].map { Float($0) / 255 } : Array(values[range])
    }
}
