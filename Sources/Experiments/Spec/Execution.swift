/// Where a run's clients are trained, which decides what settings it can have.
public enum Execution: Hashable, Sendable {
    /// In this process.
    case memory
    /// In this process, and reached over loopback.
    case loopback(Transport)
    /// In the processes that mpirun has started.
    case ranks
    /// Wherever they are: this is their server.
    case served

    /// Whether clients, and not chance, decide who takes part.
    public var hasRealClients: Bool {
        switch self {
        case .memory, .ranks: false
        case .loopback, .served: true
        }
    }
}
