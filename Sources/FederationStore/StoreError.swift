/// Why a store cannot be used as asked; nothing in it has changed then.
public enum StoreError: Error, Equatable, Sendable {
    /// There is no file of that name.
    case missing(path: String)
    /// The file cannot be opened; `reason` is the system's.
    case cannotOpen(path: String, reason: String)
    /// Another process has it for itself; its id, where it is known.
    case inUse(path: String, process: Int?)
    /// Its file system cannot lock files; `reason` is the system's.
    case noLocks(path: String, reason: String)
    /// Its file system cannot share memory between processes, which SQLite needs.
    case noSharedMemory(path: String)
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
    /// Another process is at the run; its id, where it is known.
    case runInUse(String, process: Int?)
    /// The beginning of several runs' names.
    case ambiguousRun(String, matches: [String])
    /// A run that has come to its end.
    case runIsOver(String, outcome: String)
    /// A run of another command, which is to go on with it.
    case otherKind(String, kind: String)
    /// A run that no process is in, of which something was wanted; where it stands.
    case notGoingOn(String, state: String)
    /// A served run, which was to wait.
    case cannotPause(String)
    /// A run from which nothing is kept of that round's model.
    case noModel(run: String, round: Int, kept: [Int])
}

extension StoreError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .missing(let path):
            "there is no store \(path): the first run makes it"
        case .cannotOpen(let path, let reason):
            "the store \(path) cannot be opened: \(reason)"
        case .inUse(let path, let process):
            "the store \(path) is in use by \(process.map { "process \($0)" } ?? "another process")"
        case .noLocks(let path, let reason):
            "the store \(path) cannot be used where it is: its file system cannot lock files "
                + "(\(reason)); let --store name a file on a local disk"
        case .noSharedMemory(let path):
            "the store \(path) cannot be used where it is: its file system cannot share memory "
                + "between processes; let --store name a file on a local disk"
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
        case .runInUse(let run, let process):
            "run \(run) is going on in \(process.map { "process \($0)" } ?? "another process")"
        case .ambiguousRun(let beginning, let matches):
            "“\(beginning)” begins the names of several runs: \(Self.shown(matches))"
        case .runIsOver(let run, let outcome):
            "run \(run) is over: \(outcome)"
        case .otherKind(let run, let kind):
            "run \(run) is one of federated \(kind): federated \(kind) --resume \(run) goes on with it"
        case .notGoingOn(let run, let state): "run \(run) is not going on: \(state)"
        case .cannotPause(let run):
            "a served run can be stopped and resumed, not paused: run \(run) is one"
        case .noModel(let run, let round, let kept):
            "no model of round \(round) of run \(run) is kept, but of "
                + (kept.isEmpty ? "none" : kept.map(String.init).joined(separator: ", "))
        }
    }

    /// "the store has a and b", with the last ones only of many.
    private static func list(_ names: [String]) -> String {
        (names.count <= listed ? "the store has " : "the last ones that the store has are ")
            + shown(names)
    }

    private static let listed = 8

    private static func shown(_ names: [String]) -> String {
        names.suffix(listed).joined(separator: ", ")
    }
}
