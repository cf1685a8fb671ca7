import Foundation
import Parameters
import Testing

@Suite("A line of work")
struct WorkQueueTests {
    @Test(
        "One thread never waits; what others wait for is added up as they wait", arguments: [1, 3])
    func waiting(threads: Int) {
        let queue = WorkQueue([0])
        queue.drain(threads: threads) { _, _ in
            // Ends only if those who have nothing to do are counted while they wait.
            while threads > 1, queue.waitedSeconds < 0.02 { usleep(1_000) }
        }
        let waited = queue.waitedSeconds
        #expect(threads == 1 ? waited == 0 : waited >= 0.02)
        // Nobody waits when all is done.
        usleep(10_000)
        #expect(queue.waitedSeconds == waited)
    }
}
