/// Why a measurement has come to nothing; one sentence.
package enum BenchmarkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A run of that many clients did not get to its end.
    case ended(clients: Int, outcome: String)

    package var description: String {
        switch self {
        case .ended(let clients, let outcome): "a run of \(clients) clients \(outcome)"
        }
    }
}
