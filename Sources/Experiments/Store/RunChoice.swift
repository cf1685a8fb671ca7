/// Which run is meant: one of a store, or the log of one, as a sweep writes.
public enum RunChoice: Hashable, Sendable {
    /// As it was typed: a name, the beginning of one, or `last`.
    case stored(String)
    /// The path of a log.
    case log(String)

    /// What is typed for the newest run of the store.
    public static let last = "last"

    /// Reads what was typed: a path ends in .json or has a slash; no run's name does.
    public init(_ argument: String) {
        let isPath = argument.hasSuffix(".json") || argument.contains("/")
        self = isPath ? .log(argument) : .stored(argument)
    }
}
