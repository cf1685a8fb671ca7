import Foundation

extension Command {
    /// Runs a line of bash, in which `$F` is the program.
    package static func shell(_ line: String, in folder: URL) throws -> Command {
        try run(
            ["-c", line], in: folder, environment: ["F": program.path],
            program: URL(fileURLWithPath: "/bin/bash"))
    }

    /// The built program.
    package static var program: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "federated")
    }

    /// `tiny` as a shell's words.
    package static var tinyWords: String { tiny.joined(separator: " ") }
}
