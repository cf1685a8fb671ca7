import Experiments

extension Ranks {
    /// Refuses to do in several processes at once what is one's.
    package static func requireOne(_ command: String) throws(CommandFailure) {
        if let launched, launched.size > 1 {
            throw CommandFailure(
                message:
                    "federated \(command) is one process, and mpirun started \(launched.size): "
                    + "only run and bench ranks share work among ranks", isEveryRanks: true)
        }
    }

    /// Whether a command line is one that ranks do together, and fail in together.
    static func share(_ arguments: [String]) -> Bool {
        arguments.first == "run" || arguments.starts(with: ["bench", "ranks"])
    }
}
