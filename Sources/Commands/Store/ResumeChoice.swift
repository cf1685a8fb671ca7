import ArgumentParser
import Experiments
import Foundation

extension ResumeChoice: ExpressibleByArgument {}

/// The command that goes on with a run.
package struct ResumeAdvice {
    /// "run" or "serve".
    package var command: String
    /// The run's name.
    package var run: String
    /// The store, where it was named.
    package var store: String?
    /// The folder of the logs, where it is not the usual one.
    package var logFolder: String?

    /// As it is typed into a shell.
    package var text: String {
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
