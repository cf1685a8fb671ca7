/// What is wrong with the files that say who wrote MNIST's digits; `description` is one sentence.
public enum WritersError: Error, Hashable, Sendable {
    /// A file that does not begin as QMNIST's extended labels do.
    case wrongMagic(file: String, found: UInt32)
    /// Rows that are not of eight numbers, or none.
    case impossibleSize(file: String, rows: Int, numbers: Int)
    /// More or fewer bytes than the heading says.
    case byteCount(file: String, found: Int, expected: Int)
    /// Fewer rows than images.
    case tooFewRows(file: String, rows: Int, images: Int)
    /// A class that is not that of the image: the files are of other images; rows from 0.
    case otherImages(file: String, row: Int, found: Int, expected: Int)
    /// A number for a writer that nobody has.
    case impossibleWriter(file: String, row: Int, found: Int)
    /// One of two files.
    case missingFile(directory: String, name: String)
}

extension WritersError: CustomStringConvertible {
    /// One sentence that names the place, what was found and what was expected.
    public var description: String {
        switch self {
        case .wrongMagic(let file, let found):
            "\(file) begins with 0x\(hex(found)), but QMNIST's extended labels begin with "
                + "0x\(hex(MNISTWriters.magic))"
        case .impossibleSize(let file, let rows, let numbers):
            "\(file) declares \(rows) rows of \(numbers) numbers, but QMNIST's extended labels have "
                + "some of 8"
        case .byteCount(let file, let found, let expected):
            "\(file) holds \(found) bytes, but its heading declares \(expected) in all"
        case .tooFewRows(let file, let rows, let images):
            "\(file) has \(rows) rows, but there are \(images) images"
        case .otherImages(let file, let row, let found, let expected):
            "\(file) is of other images: its row \(row) is a \(found), but image \(row) has the label "
                + "\(expected)"
        case .impossibleWriter(let file, let row, let found):
            "\(file), row \(row): there is no writer \(found)"
        case .missingFile(let directory, let name):
            "\(directory) has no \(name) beside the other of QMNIST's two files, plain or with .gz"
        }
    }

    private func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
