import Foundation
import Platform

/// What is started for a server rule's file.
struct RuleCommand: Equatable {
    /// The program.
    var path: String
    /// Its arguments, from its name on.
    var words: [String]

    /// The file itself, if it may be executed; else a .py file by the `python3` that comes first in `PATH`.
    /// - Throws: `RuleProgramError` where there is no such file, or nothing to run it.
    init(
        for file: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(RuleProgramError) {
        var status = stat()
        guard stat(file, &status) == 0 else { throw .absent(file, reason: systemReason()) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .absent(file, reason: "it is no file")
        }
        if access(file, X_OK) == 0 {
            (path, words) = (file, [file])
            return
        }
        guard file.hasSuffix(".py") else { throw .notExecutable(file) }
        guard access(file, R_OK) == 0 else { throw .absent(file, reason: systemReason()) }
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        guard
            let python = folders.map({ "\($0)/python3" }).first(where: {
                (path: String) in access(path, X_OK) == 0
            })
        else { throw .noPython(file) }
        (path, words) = (python, ["python3", file])
    }
}
