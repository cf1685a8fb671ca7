import Foundation

/// Leaves a command line to the program with the network part, which lies beside this one: so that
/// nobody waits for a network to be compiled who needs none.
enum HandOver {
    /// Commands that are of networks altogether.
    static let commands = ["serve", "join", "flower-node", "page"]
    /// The file's name.
    static let program = "federated-network"

    /// Whether a command line is for that program by its first words.
    static func isMeant(by arguments: [String]) -> Bool {
        arguments.first.map { commands.contains($0) } ?? false
            || arguments.first == "help"
                && arguments.dropFirst().first.map { commands.contains($0) } ?? false
    }

    /// Has that program take this process over, with the same arguments and environment.
    /// - Parameter what: what needs it, as it is typed.
    /// - Throws: `CommandFailure` with status 69 where it is not there.
    static func perform(for what: String) throws(CommandFailure) -> Never {
        let here = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let there = here.deletingLastPathComponent().appending(path: program).path
        fflush(nil)
        execv(there, CommandLine.unsafeArgv)
        let reason =
            errno == ENOENT
            ? "which is not built: make network builds it"
            : "and \(there) cannot be started: \(String(cString: strerror(errno)))"
        throw CommandFailure(
            message: "\(what) needs the network part, \(reason)", status: EX_UNAVAILABLE)
    }
}
