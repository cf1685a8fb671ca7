import FederationStore
import Glibc

/// Which unfinished run to go on with.
public enum ResumeChoice: Hashable, Sendable, CustomStringConvertible {
    /// The last one.
    case last
    /// The one of that name, or whose name begins so.
    case named(String)

    /// Reads `last`, or else a name.
    public init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self = argument == "last" ? .last : .named(argument)
    }

    /// As it is typed.
    public var description: String {
        switch self {
        case .last: "last"
        case .named(let name): name
        }
    }
}

extension ResumedRun {
    /// Opens the store that has the run to go on with; it is made only when there is something to keep.
    /// - Parameter rounds: how many the run is to have in all, if more than it was meant for.
    /// - Returns: no store where there is none yet, and no run where all are finished.
    /// - Throws: `StoreError`; `ResumeError`.
    public static func find(
        _ choice: ResumeChoice, kind: String = usualKind, store path: String, rounds: Int? = nil
    ) throws -> (store: RunStore?, run: ResumedRun?) {
        let isThere = access(path, F_OK) == 0 || errno != ENOENT
        if case .named(let name) = choice {
            guard isThere else { throw StoreError.missing(path: path) }
            let store = try RunStore(path: path)
            return (store, try ResumedRun(name, kind: kind, in: store, rounds: rounds))
        }
        let store = isThere ? try RunStore(path: path) : nil
        return (store, try store.flatMap { try ResumedRun(last: kind, in: $0, rounds: rounds) })
    }
}
