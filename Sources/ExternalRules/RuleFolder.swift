import Foundation
import Platform
import Synchronization

/// The folder of a program's files: one of its own among the system's temporary ones (`TMPDIR`), which nobody
/// else may look into. It goes when this is let go of, or with the process; what a killed process has left goes
/// when the next one begins.
final class RuleFolder: Sendable {
    /// What the program reads: one file for all rounds, whose memory is not looked for anew.
    let round: String
    /// What it writes.
    let next: String
    private let path: String
    private static let prefix = "federated-rule-"

    /// Makes the folder.
    /// - Throws: `FileError` where it cannot be made.
    init() throws(FileError) {
        let above = FileManager.default.temporaryDirectory.path
        Self.removeAbandoned(in: above)
        path = "\(above)/\(Self.prefix)\(getpid())-\(UUID().uuidString.prefix(8))"
        round = "\(path)/round.safetensors"
        next = "\(path)/next.safetensors"
        guard mkdir(path, 0o700) == 0 else { throw FileError(path, .written) }
        Leftovers.all.note(path)
    }

    deinit { Leftovers.all.remove(path) }

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

/// The folders of this process's programs, which go with it.
private final class Leftovers: Sendable {
    static let all = Leftovers()
    private let paths = Mutex(Set<String>())

    private init() {
        atexit { Leftovers.all.paths.withLock { $0 }.forEach(Leftovers.all.remove) }
    }

    func note(_ path: String) { _ = paths.withLock { $0.insert(path) } }

    func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
        _ = paths.withLock { $0.remove(path) }
    }
}
