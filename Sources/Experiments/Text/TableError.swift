/// Why a CSV file is not one that rows can be added to; one sentence.
public enum TableError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process writes it; what makes such files.
    case inUse(path: String, by: String)
    /// It is in an encoding that no row can be added to.
    case utf16(path: String)
    /// It holds something else.
    case other(path: String, than: String)
    /// It has a heading of an unknown version.
    case unknownHeading(path: String, of: String, found: String)
    /// It is an earlier version's, whose rows do not say enough; a clause that says why.
    case refused(path: String, clause: String)

    /// One sentence.
    public var description: String {
        switch self {
        case .inUse(let path, let what): "\(path) is being written by another \(what)"
        case .utf16(let path):
            "\(path) is UTF-16, to which no row can be added: save it as UTF-8"
        case .other(let path, let what): "\(path) is no \(what): it holds something else"
        case .unknownHeading(let path, let what, let heading):
            "\(path) is no \(what) of this version: its first line is “\(heading)”"
        case .refused(let path, let clause): "\(path) \(clause)"
        }
    }
}
