/// Samples and what is said of them, as arrays: what is trained on, or what is tested on.
struct ArrayHalf {
    let samples: NumberArray
    let labels: ArrayLabels
    /// What sentences call the labels.
    let labelsName: String
    /// [H, W, C], or [F].
    let shape: [Int]

    /// Most channels of images.
    private static let channelLimit = 4

    /// - Throws: `DatasetError` where shapes go with no samples or not with each other, and where a
    ///   number is not finite.
    init(samples: NumberArray, labels: NumberArray) throws(DatasetError) {
        shape = try Self.sampleShape(samples)
        self.labels = try ArrayLabels(labels)
        guard self.labels.count == samples.count else {
            throw .countMismatch(
                labelsFile: labels.name, labels: self.labels.count, imagesFile: samples.name,
                images: samples.count)
        }
        if case .floats(let values) = samples.numbers { try samples.checkFinite(values) }
        self.samples = samples
        labelsName = labels.name
    }

    private init(
        samples: NumberArray, labels: ArrayLabels, labelsName: String, shape: [Int]
    ) {
        self.samples = samples
        self.labels = labels
        self.labelsName = labelsName
        self.shape = shape
    }

    /// [H, W, C] or [F] of an array of samples.
    private static func sampleShape(_ array: NumberArray) throws(DatasetError) -> [Int] {
        let shape = array.shape
        switch shape.count {
        case 2: return [shape[1]]
        case 3: return [shape[1], shape[2], 1]
        case 4 where shape[3] <= channelLimit: return Array(shape[1...])
        case 4 where [1, 3].contains(shape[1]): throw array.error(.channelsFirst(shape))
        default: throw array.error(.sampleShape(shape))
        }
    }

    /// N.
    var count: Int { samples.count }

    /// Those at these positions.
    func rows(_ positions: [Int]) -> ArrayHalf {
        ArrayHalf(
            samples: samples.rows(positions), labels: labels.rows(positions),
            labelsName: labelsName, shape: shape)
    }

    /// What there is to say of how they were taken, a sentence each.
    var notes: [String] {
        switch labels {
        case .classes(_, let oneHot?):
            ["\(labelsName) has one-hot rows: they are taken as \(oneHot) classes"]
        case .classes: []
        case .targets(_, let each):
            [
                "\(labelsName) is of floats: \(each == 1 ? "a number is" : "\(each) numbers are") "
                    + "predicted of each sample, a regression"
            ]
        }
    }

    /// Refuses test samples of another shape, or with other labels, than those to train on.
    func checkLike(_ train: ArrayHalf) throws(DatasetError) {
        guard shape == train.shape else {
            throw samples.error(.unlikeShape(shape, train: train.shape))
        }
        guard samples.areBytes == train.samples.areBytes else {
            throw samples.error(.unlikeNumbers(areBytes: samples.areBytes))
        }
        switch (labels, train.labels) {
        case (.classes, .classes): break
        case (.targets(_, let each), .targets(_, let wanted)):
            guard each == wanted else { throw .unlikeTargets(test: each, train: wanted) }
        case (.classes, .targets):
            throw .array(name: labelsName, .unlikeTraining(areClasses: true))
        case (.targets, .classes):
            throw .array(name: labelsName, .unlikeTraining(areClasses: false))
        }
    }

    /// The samples, whose classes, where they are known by any, are below `classCount`.
    func made(classCount: Int) throws(DatasetError) -> Samples {
        var pixels: [UInt8] = []
        var values: [Float] = []
        switch samples.numbers {
        case .bytes(let bytes): pixels = bytes
        case .floats(let floats): values = floats
        case .wholes(let wholes): values = wholes.map(Float.init)
        }
        let isVector = shape.count == 1
        let size = isVector ? [1, shape[0], 1] : shape
        switch labels {
        case .classes(let classes, _):
            if let position = classes.firstIndex(where: { $0 >= classCount }) {
                throw .labelOutOfRange(
                    file: labelsName, position: position, label: Int(classes[position]),
                    classes: classCount)
            }
            return Samples(
                pixels: pixels, values: values, labels: classes, shape: size, isVector: isVector,
                classCount: classCount)
        case .targets(let numbers, let each):
            return Samples(
                pixels: pixels, values: values,
                labels: [Int32](repeating: 0, count: numbers.count / each), targets: numbers,
                targetCount: each, shape: size, isVector: isVector, classCount: 1)
        }
    }
}
