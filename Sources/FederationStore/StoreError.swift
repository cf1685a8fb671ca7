/// Why a store cannot be used as asked; nothing in it has changed then.
public enum StoreError: Error, Equatable, Sendable {
    /// There is no file of that name.
    case missing(path: String)
    /// The file cannot be opened; `reason` is the system's.
    case cannotOpen(path: String, reason: String)
    /// Another process is writing to it; its id, where it is known.
    case inUse(path: String, process: Int?)
    /// The file is something else than a store.
    case notAStore(path: String)
    /// It was made by a later version.
    case newer(path: String)
    /// It was made by an earlier version and is only being read.
    case older(path: String)
    /// What is in the file contradicts itself.
    case damaged(path: String, detail: String)
    /// What was to be written is not in the store.
    case cannotWrite(path: String, reason: String)
    /// SQLite refuses for a reason that none of the above says.
    case failed(path: String, reason: String)
    /// No run of that name.
    case unknownRun(String, existing: [String])
    /// A run from which nothing is kept of that round's model.
    case noModel(run: String, round: Int, kept: [Int])
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let path):
            "there is no store \(path): the first run makes it"
        case .cannotOpen(let path, let reason):
            "the store \(path) cannot be opened: \(reason)"
        case .inUse(let path, let process):
            "the store \(path) is in use by \(process.map { "process \($0)" } ?? "another process")"
        case .notAStore(let path):
            "\(path) is not a store of runs: a SQLite file that federated has made was expected"
        case .newer(let path):
            "the store \(path) was made by a later version of federated than this one"
        case .older(let path):
            "the store \(path) was made by an earlier version of federated: a run brings it up to date"
        case .damaged(let path, let detail):
            "the store \(path) is damaged: \(detail)"
        case .cannotWrite(let path, let reason):
            "the store \(path) cannot be written: \(reason)"
        case .failed(let path, let reason):
            "the store \(path) does not work: \(reason)"
        case .unknownRun(let name, let existing):
            existing.isEmpty
                ? "there is no run “\(name)”: the store has none"
                : "there is no run “\(name)”: \(Self.list(existing))"
        case .noModel(let run, let round, let kept):
            "no model of round \(round) of run \(run) is kept, but of "
                + (kept.isEmpty ? "none" : kept.map(String.init).joined(separator: ", "))
        }
    }

    /// "the store has a and b", with the last ones only of many.
    private static func list(_ names: [String]) -> String {
        let shown = names.suffix(8)
        let text = shown.joined(separator: ", ")
        return shown.count == names.count
            ? "the store has \(text)" : "the last ones that the store has are \(text)"
    }
}
