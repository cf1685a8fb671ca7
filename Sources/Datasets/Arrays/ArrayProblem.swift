/// What is wrong with an array of an `.npy` file, in its file or for what it is to be; a phrase that
/// follows its name.
public enum ArrayProblem: Error, Equatable, Sendable {
    // MARK: The file

    /// It does not begin as `.npy` files do.
    case wrongMagic
    /// A version of the format that is none of 1.0, 2.0 and 3.0.
    case version(major: UInt8, minor: UInt8)
    /// A header of more bytes than any has.
    case headerTooLong(bytes: Int, limit: Int)
    /// Fewer bytes than the header takes.
    case truncatedHeader
    /// A header that says something else than `expected` at byte `position` of its text.
    case header(position: Int, expected: String)
    /// Python objects, which only running code from the file could read.
    case objects
    /// Records of several fields.
    case structured
    /// A type that holds no such numbers; numpy's word for it.
    case type(String)
    /// Dimensions of which one is zero, or whose product is beyond what is read into memory.
    case impossibleShape([Int], elementBytes: Int)
    /// Fewer bytes of numbers than the shape takes.
    case truncated(found: Int, expected: Int)
    /// More bytes of numbers than the shape takes.
    case trailingBytes(expected: Int)

    // MARK: What it is to be

    /// Samples of a shape that is neither that of images nor that of features.
    case sampleShape([Int])
    /// Images whose channels stand before height and width.
    case channelsFirst([Int])
    /// A number that is none, or too large for a `Float`: the `position`-th of the `sample`-th, from 0.
    case notFinite(sample: Int, position: Int, found: String)
    /// Labels or targets of a shape that goes with no samples.
    case labelShape([Int])
    /// Rows of whole numbers that are not one-hot: what is in the first that is not.
    case notOneHot(row: Int)
    /// A label below 0.
    case negativeLabel(position: Int, label: Int)
    /// No training sample of a class below the largest.
    case missingClass(Int, largest: Int)
    /// Training samples that are all of one class.
    case oneClass(Int)
    /// Samples to test on that have another shape than those to train on, [H, W, C] or [F].
    case unlikeShape([Int], train: [Int])
    /// Bytes in one half of the data, and other numbers in the other.
    case unlikeNumbers(areBytes: Bool)
    /// Classes in one half of the data, and numbers to be predicted in the other.
    case unlikeTraining(areClasses: Bool)
}

extension ArrayProblem: CustomStringConvertible {
    /// The phrase.
    public var description: String {
        switch self {
        case .wrongMagic:
            "does not begin with 0x93 and NUMPY, as an .npy file does"
        case .version(let major, let minor):
            "is of version \(major).\(minor) of the .npy format, but 1.0, 2.0 and 3.0 are read"
        case .headerTooLong(let bytes, let limit):
            "declares a header of \(bytes) bytes, but none has more than \(limit)"
        case .truncatedHeader:
            "is cut short: it ends within its header"
        case .header(let position, let expected):
            "has a header that cannot be read: expected \(expected) at its byte \(position)"
        case .objects:
            "holds Python objects (pickle), which are not read: they could run any code; save it "
                + "as numbers"
        case .structured:
            "holds records of several fields: save each field as an array of its own"
        case .type(let type):
            "holds numbers of type \(type.debugDescription), but bool, integers of 8 to 64 bits "
                + "and floats of 16, 32 and 64 bits are read"
        case .impossibleShape(let shape, let size):
            "declares the shape \(Self.text(shape)) of numbers of \(size) bytes, but each dimension "
                + "must be at least 1 and the whole at most \(IDX.sizeLimit) bytes"
        case .truncated(let found, let expected):
            "is cut short: its shape takes \(expected) bytes, but it holds \(found)"
        case .trailingBytes(let expected):
            "is too long: its shape takes \(expected) bytes, but it holds more"
        case .sampleShape(let shape):
            "has the shape \(Self.text(shape)), but samples are [N][F] features, [N][H][W] images "
                + "or [N][H][W][C] images of 1 to 4 channels"
        case .channelsFirst(let shape):
            "has the shape \(Self.text(shape)), whose channels come before height and width: save "
                + "x.transpose(0, 2, 3, 1) in its place"
        case .notFinite(let sample, let position, let found):
            "has \(found) as value \(position) of sample \(sample), but values are finite numbers "
                + "that a Float can hold"
        case .labelShape(let shape):
            "has the shape \(Self.text(shape)), but labels are [N], [N][1] or one-hot rows [N][K], "
                + "and targets [N] or [N][T]"
        case .notOneHot(let row):
            "has rows of whole numbers, and row \(row) is not one-hot (one 1, all others 0): labels "
                + "are [N], [N][1] or one-hot rows [N][K]"
        case .negativeLabel(let position, let label):
            "has the label \(label) at position \(position), but labels count from 0"
        case .missingClass(let missing, let largest):
            "has no sample of class \(missing), though labels go up to \(largest): number the "
                + "classes from 0 without gaps"
        case .oneClass(let label):
            "has samples of class \(label) only: there is nothing to tell apart"
        case .unlikeShape(let shape, let train):
            "has samples of shape \(Self.text(shape)), but the training samples are of shape "
                + Self.text(train)
        case .unlikeNumbers(let areBytes):
            areBytes
                ? "holds bytes, but the training samples are other numbers"
                : "holds other numbers than bytes, but the training samples are bytes"
        case .unlikeTraining(let areClasses):
            areClasses
                ? "holds classes, but the training samples have numbers to be predicted"
                : "holds numbers to be predicted, but the training samples have classes"
        }
    }

    /// "(60000, 28, 28)", as numpy writes it.
    private static func text(_ shape: [Int]) -> String {
        "(" + shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? ",)" : ")")
    }
}
