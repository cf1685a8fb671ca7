import Foundation
import NetworkExperiments
import Synchronization
import TestThreads
import Testing

@Suite("Clients of one machine wait for a core", .holdsItsThread)
struct CoreSlotsTests {
    @Test("No more than the slots run at once, and all get their turn")
    func limit() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/slots-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let slots = CoreSlots(count: 2, folder: folder)
        #expect(slots.problem == nil)
        let counts = Counts()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<9 {
                group.addTask {
                    // Every descriptor is a holder of its own, as if from another process.
                    await slots.withSlot(shouldStop: { false }) {
                        counts.begin()
                        try? await Task.sleep(for: .milliseconds(20))
                        counts.end()
                    }
                }
            }
        }
        #expect(counts.most == 2)
        #expect(counts.done == 9)
    }

    @Test("Who is to stop does not wait")
    func stopping() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/slots-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let slots = CoreSlots(count: 1, folder: folder)
        let value = await slots.withSlot(shouldStop: { false }) {
            await slots.withSlot(shouldStop: { true }) { 7 }
        }
        #expect(value == 7)
    }

    @Test("A folder that is another's, or none, is named")
    func problems() throws {
        #expect(
            CoreSlots(count: 1, folder: "/no/such/folder").problem == "No such file or directory")
        let file = FileManager.default.temporaryDirectory.path + "/slots-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(CoreSlots(count: 1, folder: file).problem == "it is not this user's folder")
    }
}

/// How many run, at most and in all.
private final class Counts: Sendable {
    private let state = Mutex([0, 0, 0])

    func begin() {
        state.withLock {
            $0[0] += 1
            $0[1] = max($0[0], $0[1])
        }
    }

    func end() {
        state.withLock {
            $0[0] -= 1
            $0[2] += 1
        }
    }

    var most: Int { state.withLock { $0[1] } }
    var done: Int { state.withLock { $0[2] } }
}
