/// Why event files cannot be written; one sentence.
public enum TensorBoardError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A folder that cannot be made, or takes no files.
    case folder(path: String, reason: String)
    /// A file that cannot be made, or takes no more.
    case file(path: String, reason: String)

    /// One sentence.
    public var description: String {
        switch self {
        case .folder(let path, let reason): "no event files can be written to \(path): \(reason)"
        case .file(let path, let reason): "the event file \(path) cannot be written: \(reason)"
        }
    }
}
