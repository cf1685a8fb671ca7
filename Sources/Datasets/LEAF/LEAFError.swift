import JSON

/// What is wrong with data in LEAF's form; `description` is one sentence.
public enum LEAFError: Error, Hashable, Sendable {
    /// What is no JSON, or not of that form: the byte, and what was expected there.
    case malformed(file: String, byte: Int, expected: String)
    /// Samples that are text.
    case text(file: String, user: String)
    /// A file without one of the members `users` and `user_data`.
    case missingMember(file: String, name: String)
    /// A user of the list whose data are missing, or of the data who is not in the list.
    case unlikeUsers(file: String, user: String, isListed: Bool)
    /// A user who comes twice, in one file or in two.
    case repeatedUser(file: String, user: String)
    /// A user's samples, and as many labels.
    case labelCount(file: String, user: String, samples: Int, labels: Int)
    /// A user's samples, and as many as `num_samples` says.
    case sampleCount(file: String, user: String, found: Int, said: Int)
    /// Samples of another shape than the first user's.
    case shape(file: String, user: String, found: [Int], first: String, expected: [Int])
    /// A sample that is no list of numbers, nor an image of them.
    case impossibleShape(file: String, user: String, found: [Int])
    /// A number or a label that is not finite; samples from 0.
    case notFinite(file: String, user: String, sample: Int)
    /// A class beyond the most that there can be.
    case label(file: String, user: String, sample: Int, found: Int)
    /// More numbers than are read into memory.
    case tooLarge(file: String, limit: Int)
    /// A folder without any file that ends in .json.
    case noFiles(directory: String)
    /// No user has a sample.
    case noSamples(path: String)
    /// A label that is the same for all samples.
    case oneClass(path: String, label: Int)
}

extension LEAFError: CustomStringConvertible {
    /// One sentence that names the place, what was found and what was expected.
    public var description: String {
        switch self {
        case .malformed(let file, let byte, let expected):
            "\(file), byte \(byte): expected \(expected)"
        case .text(let file, let user):
            "\(file): the samples of \(quoted(user)) are text, but models here take numbers"
        case .missingMember(let file, let name):
            "\(file) has no member “\(name)”: LEAF's files have users, num_samples and user_data"
        case .unlikeUsers(let file, let user, let isListed):
            isListed
                ? "\(file) lists the user \(quoted(user)), but user_data has nobody of that name"
                : "\(file) has data of \(quoted(user)), who is not in its list of users"
        case .repeatedUser(let file, let user):
            "\(file): the user \(quoted(user)) comes a second time"
        case .labelCount(let file, let user, let samples, let labels):
            "\(file): the user \(quoted(user)) has \(samples) samples, but \(labels) labels"
        case .sampleCount(let file, let user, let found, let said):
            "\(file): the user \(quoted(user)) has \(found) samples, but num_samples says \(said)"
        case .shape(let file, let user, let found, let first, let expected):
            "\(file): a sample of \(quoted(user)) is \(product(found)) numbers, but one of "
                + "\(quoted(first)) is \(product(expected))"
        case .impossibleShape(let file, let user, let found):
            "\(file): the samples of \(quoted(user)) have the shape \(product(found)), but they are "
                + "lists of numbers or images"
        case .notFinite(let file, let user, let sample):
            "\(file): sample \(sample) of \(quoted(user)) has a number that is not finite"
        case .label(let file, let user, let sample, let found):
            "\(file): the label of sample \(sample) of \(quoted(user)) is \(found), but classes are 0 "
                + "to \(Samples.classLimit - 1)"
        case .tooLarge(let file, let limit):
            "\(file): there are more than the \(limit) numbers that are read into memory"
        case .noFiles(let directory):
            "\(directory) has no file that ends in .json, nor have train and test under it"
        case .noSamples(let path): "\(path) has no user with a sample"
        case .oneClass(let path, let label):
            "\(path) has the label \(label) for all samples: there is nothing to tell apart"
        }
    }

    private func quoted(_ user: String) -> String { "“\(user.prefix(60))”" }

    private func product(_ shape: [Int]) -> String {
        shape.isEmpty ? "single" : shape.map(String.init).joined(separator: "×")
    }
}
