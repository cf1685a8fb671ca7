import Experiments
import Foundation
import Glibc
import Platform

/// Lets no more clients of this machine train at once than it has cores, over all processes.
///
/// Each slot is a file in a folder of the user's that one process at a time holds locked. The system
/// unlocks it when the process ends, however it does, so nothing is left over by a killed one.
/// Training that waits its turn keeps its caches to itself once it runs, instead of sharing a core.
package struct CoreSlots: Sendable {
    /// How many may train at once.
    package let count: Int
    private let folder: String

    /// Slots that all processes of this user share.
    package init(
        count: Int,
        folder: String = FileManager.default.temporaryDirectory.path + "/federated-\(getuid())"
    ) {
        self.count = count
        self.folder = folder
    }

    /// Why there are no slots here: the folder cannot be made, or is another user's.
    package var problem: String? {
        mkdir(folder, 0o700)
        var status = stat()
        guard lstat(folder, &status) == 0 else { return String(cString: strerror(errno)) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid() else {
            return "it is not this user's folder"
        }
        return nil
    }

    /// Waits for a slot and holds it while `body` runs; runs it at once where there are no slots, or
    /// where `shouldStop` says that waiting has no use any more.
    package func withSlot<Result: Sendable>(
        shouldStop: () -> Bool, _ body: () async -> Result
    ) async -> Result {
        guard problem == nil else { return await body() }
        while !shouldStop() {
            for slot in 0..<count {
                let descriptor = open(
                    "\(folder)/core-\(slot)", O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
                guard descriptor >= 0 else { return await body() }
                defer { Glibc.close(descriptor) }
                switch FileLock.take(descriptor) {
                case .held, .unavailable: return await body()
                case .taken: break
                }
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return await body()
    }
}
