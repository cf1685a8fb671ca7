/// Why a process cannot join those that were started with it.
public enum MPIError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The library, or something in it, cannot be found: the system's words.
    case notLoaded(String)
    /// The library knows of no other process, because another MPI has started them.
    case alone

    /// What follows “mpirun started 2 processes, and”.
    public var description: String {
        switch self {
        case .notLoaded(let reason):
            "Open MPI, the only MPI that is supported, cannot be loaded: \(reason)"
        case .alone:
            "Open MPI, the only MPI that is supported, sees no more than this one: start them with "
                + "its own mpirun"
        }
    }
}
