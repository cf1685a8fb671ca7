/// The two kinds of IDX file that make a labelled dataset.
public enum IDXKind: Sendable, CustomStringConvertible {
    /// Bytes [N][H][W].
    case images
    /// Bytes [N].
    case labels

    /// The first four bytes, big-endian: 00 00, 08 for unsigned bytes, the number of dimensions.
    public var magic: UInt32 { self == .images ? 0x0000_0803 : 0x0000_0801 }

    /// The word for error sentences.
    public var description: String { self == .images ? "images" : "labels" }

    var dimensionCount: Int { Int(magic & 0xFF) }
    var headerSize: Int { 4 + 4 * dimensionCount }
}

/// What each of the four files of a dataset is for.
public enum IDXRole: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Images to train on, [N][H][W].
    case trainImages
    /// Their labels, [N].
    case trainLabels
    /// Images to evaluate on, [N][H][W].
    case testImages
    /// Their labels, [N].
    case testLabels

    /// Whether the file holds images or labels.
    public var kind: IDXKind {
        self == .trainImages || self == .testImages ? .images : .labels
    }

    /// MNIST's name for the file, without `.gz`.
    public var fileName: String { "\(stems[0])-\(suffix)" }

    /// The words for error sentences.
    public var description: String {
        switch self {
        case .trainImages: "training images"
        case .trainLabels: "training labels"
        case .testImages: "test images"
        case .testLabels: "test labels"
        }
    }

    /// How file names tell the role; MNIST's own word first.
    package var stems: [String] {
        switch self {
        case .trainImages: ["train-images"]
        case .trainLabels: ["train-labels"]
        case .testImages: ["t10k-images", "test-images"]
        case .testLabels: ["t10k-labels", "test-labels"]
        }
    }

    package var suffix: String { kind == .images ? "idx3-ubyte" : "idx1-ubyte" }

    /// The names that are taken before any other, the plain file before the compressed.
    var preferredNames: [String] {
        let stem = stems[0]
        return ["\(stem)-\(suffix)", "\(stem).\(suffix)"].flatMap { [$0, $0 + ".gz"] }
    }

    /// The names that are looked for, for error sentences.
    var lookedFor: String {
        (preferredNames + stems.map { "*\($0)*\(suffix)[.gz]" }).joined(separator: ", ")
    }
}
