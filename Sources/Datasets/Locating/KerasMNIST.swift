import Platform

/// MNIST as Keras keeps it: one `.npz` archive of the four arrays.
enum KerasMNIST {
    /// Where Keras keeps it: `$KERAS_HOME/datasets/mnist.npz`, else `~/.keras/datasets/mnist.npz`; nil
    /// where the environment names no place.
    static func path(_ environment: [String: String]) -> String? {
        if let home = environment["KERAS_HOME"], !home.isEmpty {
            return join(home, "datasets/mnist.npz")
        }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return join(home, ".keras/datasets/mnist.npz")
    }

    /// What the archive calls the array for a role.
    static func name(_ role: IDXRole) -> String {
        switch role {
        case .trainImages: "x_train"
        case .trainLabels: "y_train"
        case .testImages: "x_test"
        case .testLabels: "y_test"
        }
    }

    /// The SHA-256 of an array as the IDX file for a role has it, header and bytes; nil where it is no
    /// array of bytes of as many dimensions.
    static func checksum(_ array: NumberArray, _ role: IDXRole) -> String? {
        guard case .bytes(let bytes) = array.numbers, array.shape.count == role.kind.dimensionCount
        else { return nil }
        var hash = SHA256()
        let words = [role.kind.magic] + array.shape.map { UInt32(truncatingIfNeeded: $0) }
        for word in words { withUnsafeBytes(of: word.bigEndian) { hash.update($0) } }
        bytes.withUnsafeBytes { hash.update($0) }
        return hexadecimal(hash.finish())
    }

    /// Reads the archive at `path`, whose arrays must be MNIST's by their checksums.
    /// - Throws: `DatasetError`.
    static func read(
        _ path: String, checksums: [IDXRole: String]
    ) throws(DatasetError) -> Dataset {
        let place = try ArrayPlace(npz: path)
        func array(_ role: IDXRole) throws(DatasetError) -> NumberArray {
            let array = try place.read(name(role), as: .samples)
            let expected = checksums[role] ?? MNIST.checksum(role)
            let found = checksum(array, role)
            guard found == expected else {
                throw .notMNIST(
                    file: array.name, found: found ?? "of no array of bytes", expected: expected)
            }
            return array
        }
        func half(_ images: IDXRole, _ labels: IDXRole) throws(DatasetError) -> Samples {
            let (images, labels) = (try array(images), try array(labels))
            guard case .bytes(let pixels) = images.numbers,
                case .bytes(let classes) = labels.numbers
            else { throw .array(name: images.name, .sampleShape(images.shape)) }
            return try Samples(
                pixels: pixels, labels: classes, height: images.shape[1], width: images.shape[2])
        }
        return try Dataset(
            name: "MNIST", origin: "MNIST from \(path)",
            train: half(.trainImages, .trainLabels), test: half(.testImages, .testLabels))
    }
}
