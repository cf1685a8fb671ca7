import Platform

/// Why a file has no samples for a model; one sentence with its path.
public struct PictureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file, as it was given.
    public let file: String
    /// What is wrong with it.
    public let problem: Problem

    init(_ file: String, _ problem: Problem) {
        self.file = file
        self.problem = problem
    }

    /// What is wrong with a file.
    public enum Problem: Equatable, Sendable {
        /// It does not begin as PNG files do.
        case noPNG
        /// It begins as none of the files that are read.
        case unknownForm
        /// It begins as a PNG file, and does not go on so; a clause.
        case corrupt(reason: String)
        /// Images of another size than the model takes, [H, W].
        case size(found: [Int], expected: [Int])
        /// Another number of channels than the model takes.
        case channels(found: Int, expected: Int)
        /// Pixels that are not opaque.
        case transparent
        /// A picture for a model that takes lists of numbers.
        case vector(Int)
        /// An array of another shape than the model takes; the sizes of a sample.
        case shape(found: [Int], expected: [Int])
        /// More pixels than are read.
        case tooLarge(limit: Int)
        /// A number that is not finite: of which sample, from 0.
        case notFinite(sample: Int)
    }

    /// The sentence.
    public var description: String { "\(file.printable) \(clause)" }

    private var clause: String {
        switch problem {
        case .noPNG: "is no PNG file"
        case .unknownForm:
            "is no file of samples: IDX images, numpy's .npy or .npz, or PNG was expected"
        case .corrupt(let reason): "is no sound PNG file: \(reason.printable(limit: 160))"
        case .size(let found, let expected):
            "has images of \(Self.text(found)) pixels: the model takes \(Self.text(expected))"
        case .channels(let found, let expected):
            "is \(Self.colours(found)): the model takes \(Self.colours(expected))"
        case .transparent:
            "has transparent pixels: put it on a background, and save it without transparency"
        case .vector(let count):
            "has images: the model takes rows of \(Text.plural(count, "number")), as .npy holds them"
        case .shape(let found, let expected):
            "has the shape (\(found.map(String.init).joined(separator: ", "))): the model takes samples "
                + "of \(Self.text(expected)), (N, \(expected.map(String.init).joined(separator: ", ")))"
        case .tooLarge(let limit): "has more than the \(Text.count(limit)) pixels that are read"
        case .notFinite(let sample): "has a number in sample \(sample) that is not finite"
        }
    }

    private static func text(_ sizes: [Int]) -> String {
        sizes.map(String.init).joined(separator: "×")
    }

    private static func colours(_ channels: Int) -> String {
        switch channels {
        case 1: "grey, 1 channel"
        case 2: "grey with transparency, 2 channels"
        case 3: "of colours, 3 channels"
        case 4: "of colours with transparency, 4 channels"
        default: "of \(channels) channels"
        }
    }
}
