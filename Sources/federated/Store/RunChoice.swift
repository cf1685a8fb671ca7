import ArgumentParser
import Federation
import FederationStore
import Foundation

/// Which run a command is to look at: one of the store, or the log of one, as a sweep writes.
enum RunChoice: Hashable, Sendable {
    /// As it was typed: a name, the beginning of one, or `last`.
    case stored(String)
    /// The path of a log.
    case log(String)

    /// What is typed for the newest run of the store.
    static let last = "last"

    /// A path ends in .json; no run's name does.
    init(_ argument: String) {
        let isPath = argument.hasSuffix(".json") || argument.contains("/")
        self = isPath ? .log(argument) : .stored(argument)
    }

    /// For the help of a command's argument.
    static let help =
        "The run: its name in federated runs, the beginning of it, last, or the path of a log."
}

/// A run that has been found, in a store or as a log.
struct FoundRun {
    /// As it is shown: the name in the store, or the log's without its folder.
    let name: String
    let log: RunLog
    /// What the store knows of it; nil for a log.
    let stored: StoredRun?
    /// Where the log is; nil where none has been written.
    let logFile: String?

    /// How it ended, or that it has not.
    var outcome: String {
        stored?.outcome ?? (log.outcome.isEmpty ? "outcome unknown" : log.outcome)
    }
}

extension StoreReading {
    /// Finds runs by what was typed for them; the store is opened if one of them is meant to be in it.
    /// - Parameter withModel: whether the logs are to have their models.
    func find(_ choices: [RunChoice], withModel: Bool = false) throws -> [FoundRun] {
        let isStoreNeeded = choices.contains { if case .stored = $0 { true } else { false } }
        guard isStoreNeeded else {
            return try choices.map { try find($0, in: nil, withModel: withModel) }
        }
        return try read { store in
            try choices.map { try find($0, in: store, withModel: withModel) }
        }
    }

    private func find(_ choice: RunChoice, in store: RunStore?, withModel: Bool) throws -> FoundRun
    {
        switch choice {
        case .log(let path):
            let file = URL(fileURLWithPath: path)
            return FoundRun(
                name: file.deletingPathExtension().lastPathComponent,
                log: try Self.readLog(path), stored: nil, logFile: path)
        case .stored(let typed):
            guard let store else { preconditionFailure("a run of the store needs the store") }
            let name = try store.name(beginning: typed)
            let run = try store.run(name)
            return FoundRun(
                name: name, log: try store.log(of: name, withModel: withModel), stored: run,
                logFile: run.logFile)
        }
    }

    /// Reads a log, and says in a sentence why it cannot be read.
    private static func readLog(_ path: String) throws -> RunLog {
        // Foundation's reasons repeat the path; the system's are shorter.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                message: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        do {
            return try RunLog(contentsOf: URL(fileURLWithPath: path))
        } catch .cannotRead {
            throw CommandFailure(message: "\(path) cannot be read: it is no file")
        } catch {
            throw CommandFailure(message: "\(path) is no log of a run: \(error)")
        }
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
