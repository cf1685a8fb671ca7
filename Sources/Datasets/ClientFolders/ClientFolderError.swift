/// What is wrong with a folder of clients' files; `description` is one sentence.
public enum ClientFolderError: Error, Hashable, Sendable {
    /// A folder without a file or a folder that could be a client's.
    case noClients(directory: String)
    /// What no reader knows.
    case unknownForm(path: String)
    /// Tables beside what is no table.
    case mixedForms(path: String, first: String)
    /// Two files that name one client.
    case repeatedClient(directory: String, name: String)
    /// Samples of another shape than the first client's.
    case shape(path: String, found: [Int], first: String, expected: [Int])
    /// Samples of another kind: bytes or Floats, classes or numbers to be predicted.
    case kind(path: String, found: String, first: String, expected: String)
    /// No client has test samples.
    case nothingToTest(directory: String)
}

extension ClientFolderError: CustomStringConvertible {
    /// One sentence that names the place, what was found and what was expected.
    public var description: String {
        switch self {
        case .noClients(let directory):
            "\(directory) has no file of a client: expected a table, an .npz or a folder for each"
        case .unknownForm(let path):
            "\(path) is no client's data: expected a table, an .npz, or a folder of .npy files, IDX "
                + "files or CIFAR's"
        case .mixedForms(let path, let first):
            "\(path) is no table, but \(first) beside it is: all clients' files have one form"
        case .repeatedClient(let directory, let name):
            "\(directory) has two files of the client “\(name)”"
        case .shape(let path, let found, let first, let expected):
            "\(path) has samples of \(product(found)), but \(first) has \(product(expected))"
        case .kind(let path, let found, let first, let expected):
            "\(path) has \(found), but \(first) has \(expected)"
        case .nothingToTest(let directory):
            "\(directory) has no client with two samples, one of which could be set aside for testing"
        }
    }

    private func product(_ shape: [Int]) -> String {
        shape.map(String.init).joined(separator: "×")
    }
}
