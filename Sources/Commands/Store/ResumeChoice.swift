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
    /// What it is shown to.
    package var tracker: TrackerChoice?

    /// As it is typed into a shell.
    package var text: String {
        var words = ["federated", command, "--resume", run]
        if let store { words += ["--store", ShellWord.quoted(store)] }
        if let logFolder { words += ["--log-dir", ShellWord.quoted(logFolder)] }
        if let tracker { words += ["--log-to", ShellWord.quoted("\(tracker)")] }
        return words.joined(separator: " ")
    }
}
