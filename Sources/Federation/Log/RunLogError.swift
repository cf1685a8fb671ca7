import JSON

/// Why a log could not be written or read.
public enum RunLogError: Error, Equatable, Sendable {
    /// The bytes are not JSON, or a list of the final model is not rectangular.
    case malformed(JSONError)
    /// The log lacks a key.
    case missingKey(String)
    /// A key's value is of another kind.
    case wrongValue(key: String, expected: String)
    /// The folder cannot be made or written to; `reason` is the system's.
    case folderNotWritable(path: String, reason: String)
    /// A file of the log cannot be written; nothing is left of it.
    case cannotWrite(path: String, reason: String)
    /// A log cannot be read.
    case cannotRead(path: String, reason: String)
}

extension RunLogError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .malformed(let error): "the log is malformed at \(error)"
        case .missingKey(let key): "the log has no \"\(key)\""
        case .wrongValue(let key, let expected): "\"\(key)\" in the log should be \(expected)"
        case .folderNotWritable(let path, let reason):
            "logs cannot be written to the folder \(path): \(reason)"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
        case .cannotRead(let path, let reason): "\(path) cannot be read: \(reason)"
        }
    }
}
