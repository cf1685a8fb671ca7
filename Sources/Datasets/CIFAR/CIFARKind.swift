/// The two data sets of CIFAR, as their binary files are: records of one or two labels and then the red,
/// the green and the blue plane of an image of 32 × 32 pixels.
///
/// Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and the page of the
/// data sets, "Binary version".
package enum CIFARKind: CaseIterable, Sendable {
    /// 10 classes.
    case ten
    /// 100 classes in 20 coarse ones.
    case hundred

    /// H and W of an image.
    package static let side = 32
    /// Bytes of an image's colour.
    static let planeBytes = side * side
    /// Colours.
    static let channels = 3

    /// How many classes there are.
    package var classCount: Int { self == .ten ? 10 : 100 }

    /// How many values each label of a record may have: its class comes last.
    var labelCounts: [Int] { self == .ten ? [10] : [20, 100] }

    /// Bytes of a record.
    package var recordBytes: Int { labelCounts.count + Self.channels * Self.planeBytes }

    /// Files to train on, without `.gz`.
    var trainFiles: [String] {
        self == .ten ? (1...5).map { "data_batch_\($0).bin" } : ["train.bin"]
    }

    /// The file to test on.
    var testFile: String { self == .ten ? "test_batch.bin" : "test.bin" }

    /// The file with the names of classes, a line each.
    var namesFile: String { self == .ten ? "batches.meta.txt" : "fine_label_names.txt" }

    /// What its folder is called when its archive is unpacked.
    var folderName: String { self == .ten ? "cifar-10-batches-bin" : "cifar-100-binary" }
}
