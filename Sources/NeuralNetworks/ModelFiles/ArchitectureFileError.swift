import JSON
import Platform

/// Why a file holds no network of this project's; one sentence with its path.
public struct ArchitectureFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file, as it was given.
    public let path: String
    /// What is wrong with it.
    public let reason: Reason

    /// That of a file.
    init(_ path: String, _ reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// What is wrong with a file.
    public enum Reason: Error, Equatable, Sendable {
        /// The system does not let it be read; a clause.
        case unreadable(String)
        /// It is no JSON, or nested beyond all use.
        case noJSON(JSONError)
        /// It is not made as an architecture is; a clause.
        case noArchitecture(String)
        /// A layer that makes no sense by itself: its place, as "3.1", its kind where it has one, and a
        /// clause.
        case layer(String, kind: String?, String)
        /// Layers that don't fit each other.
        case architecture(ArchitectureError)
    }

    /// The sentence.
    public var description: String {
        switch reason {
        case .unreadable(let why): "\(path.printable) cannot be read: \(why)"
        case .noJSON(let error): "\(path.printable) is no architecture: \(error)"
        case .noArchitecture(let problem): "\(path.printable) is no architecture: \(problem)"
        case .layer(let place, let kind, let problem):
            "\(path.printable): layer \(place)\(kind.map { " (\($0))" } ?? ""): \(problem)"
        case .architecture(let error): "\(path.printable): \(error)"
        }
    }
}
