import Foundation

/// Which dataset the user asked for.
public enum DatasetChoice: Equatable, Sendable {
    /// MNIST where it can be had within seconds, generated digits elsewhere.
    case automatic
    /// MNIST or an error.
    case mnist
    /// Generated digits.
    case digits
    /// Any four IDX files in a folder.
    case path(String)

    /// `mnist` or `digits`; nil where no name was said.
    public var name: String? {
        switch self {
        case .mnist: "mnist"
        case .digits: "digits"
        case .automatic, .path: nil
        }
    }

    /// Reads the command's argument: `mnist`, `digits`, or else a folder's path.
    ///
    /// A name may be in capitals, as it is printed; but a folder that is there is what its path says.
    public init(argument: String?) {
        switch argument {
        case nil: self = .automatic
        case "mnist"?: self = .mnist
        case "digits"?: self = .digits
        case .some(let text):
            switch FileManager.default.fileExists(atPath: text) ? text : text.lowercased() {
            case "mnist": self = .mnist
            case "digits": self = .digits
            default: self = .path(text)
            }
        }
    }
}

/// A dataset, and what the user should be told about how it came to be this one.
public struct LoadedDataset: Sendable {
    /// The images.
    public let dataset: Dataset
    /// Lines to print.
    public let notes: [String]
    /// Whether it stands for another that could not be had; the notes say so.
    public let isSubstitute: Bool

    /// A dataset with what there is to say of it.
    public init(dataset: Dataset, notes: [String], isSubstitute: Bool = false) {
        self.dataset = dataset
        self.notes = notes
        self.isSubstitute = isSubstitute
    }
}
