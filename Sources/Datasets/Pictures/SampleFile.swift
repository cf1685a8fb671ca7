/// Samples of a file, without anything said of them: what a model is asked about.
public struct SampleFile: Sendable {
    /// The samples; their labels are 0.
    public let samples: Samples
    /// Which array of an archive they are; nil for other files.
    public let array: String?

    /// Reads IDX images, plain or gzip, numpy's `.npy` and `.npz`, or a PNG, known by how they begin.
    ///
    /// Bytes are seen by the model as byte / 255 and other numbers as they are, then scaled.
    /// - Parameters:
    ///   - shape: what the model takes, [H, W, C] or [F].
    ///   - outputs: what it gives, so many classes.
    /// - Throws: `PictureError` or `DatasetError`.
    public init(
        _ path: String, shape: [Int], outputs: Int, scaling: Scaling = .unit
    ) throws {
        let bytes = try readFile(path, limit: NPY.sizeLimit)
        var array: String?
        let numbers: NumberArray
        if bytes.starts(with: PNGFile.signature) {
            numbers = try Self.picture(bytes, path, shape: shape)
        } else if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
            numbers = try NPY.decode(bytes, name: path, as: .samples)
        } else if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            let place = ArrayPlace.archive(try ZipArchive(bytes, path: path))
            let name = try Self.chosen(from: place)
            numbers = try place.read(name, as: .samples)
            array = name
        } else if Gzip.isGzip(bytes) || bytes.starts(with: [0, 0, 8]) {
            let file = try IDX.decode(bytes, kind: .images, file: path)
            numbers = NumberArray(
                name: path, shape: file.header.dimensions, numbers: .bytes(file.contents))
        } else {
            throw PictureError(path, .unknownForm)
        }
        self.array = array
        samples = try Self.samples(numbers, shape: shape, outputs: outputs, scaling: scaling)
    }

    private static func picture(
        _ bytes: [UInt8], _ path: String, shape: [Int]
    ) throws(PictureError) -> NumberArray {
        guard shape.count == 3 else { throw PictureError(path, .vector(shape.reduce(1, *))) }
        let file = try PNGFile(bytes, width: shape[1], height: shape[0], file: path)
        return NumberArray(
            name: path, shape: [1] + shape,
            numbers: .bytes(try file.pixels(channels: shape[2], file: path)))
    }

    /// Names of samples in the order in which they are looked for: those to test on come first.
    private static let names = ["x_test", "X_test", "test_images", "x", "X", "data", "images"]

    private static func chosen(from place: ArrayPlace) throws(DatasetError) -> String {
        let present = try place.names()
        if present.count == 1, let only = present.first { return only }
        guard let name = names.first(where: present.contains) else {
            throw .missingArrays(
                place: place.path, found: present.sorted().prefix(20).map(\.self),
                missing: names.joined(separator: ", no "))
        }
        return name
    }

    /// Samples [N] + shape, where an image's single channel may be left out; or one sample.
    private static func samples(
        _ numbers: NumberArray, shape: [Int], outputs: Int, scaling: Scaling
    ) throws -> Samples {
        let short = shape.count == 3 && shape[2] == 1 ? Array(shape[..<2]) : shape
        let found = numbers.shape
        let count: Int
        if found == shape || found == short {
            count = 1
        } else if let first = found.first, [shape, short].contains(Array(found.dropFirst())) {
            count = first
        } else if found.count == 3, shape.count == 3, shape[2] == 1 {
            throw PictureError(
                numbers.name, .size(found: Array(found[1...]), expected: Array(shape[..<2])))
        } else {
            throw PictureError(numbers.name, .shape(found: found, expected: shape))
        }
        var pixels: [UInt8] = []
        var values: [Float] = []
        switch numbers.numbers {
        case .bytes(let bytes): pixels = bytes
        case .floats(let floats): values = floats
        case .wholes(let wholes): values = wholes.map(Float.init)
        }
        if let place = values.firstIndex(where: { !$0.isFinite }) {
            throw PictureError(
                numbers.name, .notFinite(sample: place / shape.reduce(1, *)))
        }
        let isVector = shape.count == 1
        var samples = Samples(
            pixels: pixels, values: values, labels: [Int32](repeating: 0, count: count),
            shape: isVector ? [1, shape[0], 1] : shape, isVector: isVector,
            classCount: max(outputs, 1))
        samples.scaling = scaling
        return samples
    }
}
