import ArgumentParser
import Foundation

/// Which unfinished run to go on with.
enum ResumeChoice: ExpressibleByArgument, Equatable, CustomStringConvertible {
    /// The last one.
    case last
    /// The one of that name, or whose name begins so.
    case named(String)

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self = argument == "last" ? .last : .named(argument)
    }

    var description: String {
        switch self {
        case .last: "last"
        case .named(let name): name
        }
    }
}

/// The command that goes on with a run.
struct ResumeAdvice {
    /// "run" or "serve".
    var command: String
    /// The run's name.
    var run: String
    /// The store, where it was named.
    var store: String?
    /// The folder of the logs, where it is not the usual one.
    var logFolder: String?

    /// As it is typed into a shell.
    var text: String {
        var words = ["federated", command, "--resume", run]
        if let store { words += ["--store", Self.quoted(store)] }
        if let logFolder { words += ["--log-dir", Self.quoted(logFolder)] }
        return words.joined(separator: " ")
    }

    private static func quoted(_ text: String) -> String {
        let plain = text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_./,:=@%+".contains($0))
        }
        guard !plain || text.isEmpty else { return text }
        return "'" + text.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
    }
}

/// What was typed on a command line.
struct TypedOptions {
    /// The names behind "--".
    let names: Set<String>

    init(_ arguments: [String] = CommandLine.arguments) {
        names = Set(
            arguments.compactMap { argument in
                argument.hasPrefix("--")
                    ? argument.dropFirst(2).prefix { $0 != "=" }.description : nil
            })
    }

    /// Whether an option was typed, by either of its names.
    func contains(_ option: String) -> Bool {
        names.contains(option) || option == "clients" && names.contains("population")
    }

    /// Whether anything was typed that says what a run computes.
    var describeRun: Bool {
        // Every setting by name, those among them that are nil at their defaults.
        let names = SweepTable.settings + ["roundDeadline"]
        return names.map(SweepOption.dashed).contains(where: contains)
            || contains("dataset") || contains("data-dir")
    }
}
