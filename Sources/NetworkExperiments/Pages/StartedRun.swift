import FederationWire
import Foundation
import Platform

/// A run that this program has been started for again, in a process that outlives this one.
struct StartedRun: Sendable {
    /// The process.
    let process: Int
    /// Where its complaints go.
    private let complaints: URL

    /// Starts this program anew, away from this terminal and its signals.
    /// - Throws: `APIError` where the system doesn't.
    init(_ arguments: [String]) throws(APIError) {
        let folder = FileManager.default.temporaryDirectory
        complaints = folder.appending(path: "federated-\(UUID().uuidString).txt")
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A session of its own (POSIX_SPAWN_SETSID), and signals as a program expects them.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(0x80 | POSIX_SPAWN_SETSIGMASK))
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(
            &files, STDERR_FILENO, complaints.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        var words: [UnsafeMutablePointer<CChar>?] = (["federated"] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child = pid_t()
        let status = posix_spawn(
            &child, "/proc/self/exe", &files, &attributes, words, environ)
        guard status == 0 else {
            throw APIError(
                .serverError, "no process can be started for it: \(systemReason(status))")
        }
        process = Int(child)
    }

    /// Waits until it is at work.
    /// - Returns: whether it is; else it is over already, and all went well.
    /// - Throws: `APIError` with what it complained of.
    func wait(seconds: Double, until isAtWork: () throws -> Bool) throws -> Bool {
        defer { forget() }
        let end = MonotonicClock.seconds() + seconds
        while true {
            var status: Int32 = 0
            if waitpid(pid_t(process), &status, WNOHANG) == pid_t(process) {
                // Its exit status, where no signal ended it.
                if status & 0x7f == 0, status >> 8 & 0xff == 0 { return false }
                throw APIError(.serverError, complaint ?? "the run ended without a word")
            }
            if try isAtWork() { return true }
            guard MonotonicClock.seconds() < end else {
                throw APIError(
                    .serverError,
                    "process \(process) has been started and has not begun within \(Int(seconds)) s"
                )
            }
            usleep(50_000)
        }
    }

    /// Leaves the process to itself: somebody must hear of its end, or it stays as a zombie.
    private func forget() {
        try? FileManager.default.removeItem(at: complaints)
        let child = pid_t(process)
        Thread.detachNewThread {
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }
    }

    /// The sentence that it ended with.
    private var complaint: String? {
        guard let text = try? String(contentsOf: complaints, encoding: .utf8) else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard let range = words.range(of: "federated: ") else { return nil }
        return String(words[range.upperBound...]).printable(limit: 600)
    }
}
