import ArgumentParser
import Experiments

extension RunChoice {
    /// For the help of a command's argument.
    static let help =
        "The run: its id or name in federated runs, the beginning of one, last, or the path of a log."
}

extension StoreReading {
    /// Finds runs by what was typed for them.
    func find(_ typed: [String], withModel: Bool = false) throws -> [FoundRun] {
        try FoundRun.find(typed.map { RunChoice($0) }, store: store, withModel: withModel)
    }

    /// What to say where a run was to be named and none, or too few, were.
    func unnamed(_ need: String) -> any Error {
        let names = (try? read { store in try store.runs() })?.map(\.name) ?? []
        guard !names.isEmpty else {
            return ValidationError(
                "\(need): there is no run yet in \(store), but logs may be named")
        }
        return ValidationError(
            "\(need): the last ones in \(store) are \(names.suffix(5).joined(separator: ", ")), "
                + "and last means \(names[names.count - 1])")
    }
}
