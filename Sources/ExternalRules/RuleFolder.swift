import Foundation
import Platform

/// The folder of a program's files: one of its own among the system's temporary ones (`TMPDIR`), which nobody
/// else may look into. It goes when this is let go of; what a killed process has left goes when the next one
/// begins.
final class RuleFolder: Sendable {
    private let path: String
    private static let prefix = "federated-rule-"

    /// The two files of a round.
    struct Place {
        fileprivate let folder: String
        /// What the program reads.
        let round: String
        /// What it writes.
        let next: String

        /// Removes both, and the folder with them: a process may end without letting go of it.
        func remove() {
            unlink(round)
            unlink(next)
            rmdir(folder)
        }
    }

    init() {
        let above = FileManager.default.temporaryDirectory.path
        Self.removeAbandoned(in: above)
        path = "\(above)/\(Self.prefix)\(getpid())-\(UUID().uuidString.prefix(8))"
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Where a round's files go.
    /// - Throws: `FileError` where the folder cannot be made.
    func place(round: Int) throws(FileError) -> Place {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError(path, .written) }
        return Place(
            folder: path, round: "\(path)/round-\(round).safetensors",
            next: "\(path)/next-\(round).safetensors")
    }

    /// Removes the folders of processes that are no more.
    private static func removeAbandoned(in folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let number = name.dropFirst(prefix.count).prefix { $0.isNumber }
            guard let process = pid_t(number), process > 0, kill(process, 0) != 0, errno == ESRCH
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}
