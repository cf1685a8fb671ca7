import Foundation
import RankTraining

/// Ranks that are threads of one process: what MPI does, with a lock and a condition.
package final class ThreadCommunicator: Communicator {
    /// What the ranks share.
    private final class Meeting: @unchecked Sendable {
        private let condition = NSCondition()
        private let size: Int
        private var messages: [[UInt8]?]
        private var result: [[UInt8]]?
        private var left = 0

        init(size: Int) {
            self.size = size
            messages = Array(repeating: nil, count: size)
        }

        /// Every rank brings a message, and all get all of them, once all are there.
        func exchange(_ rank: Int, _ message: [UInt8]) -> [[UInt8]] {
            condition.lock()
            defer { condition.unlock() }
            while result != nil { condition.wait() }
            messages[rank] = message
            let all = messages.compactMap { $0 }
            if all.count == size {
                result = all
                left = size
                condition.broadcast()
            }
            while result == nil || messages[rank] == nil { condition.wait() }
            let mine = result ?? []
            left -= 1
            messages[rank] = nil
            if left == 0 {
                result = nil
                condition.broadcast()
            }
            return mine
        }
    }

    package let rank: Int
    package let size: Int
    private let meeting: Meeting

    private init(_ rank: Int, _ size: Int, _ meeting: Meeting) {
        self.rank = rank
        self.size = size
        self.meeting = meeting
    }

    /// Runs `lead` as rank 0 and `serve` as each of the others, at once.
    package static func run<Result>(
        size: Int, lead: (ThreadCommunicator) -> Result,
        serve: @escaping @Sendable (ThreadCommunicator) -> Void
    ) -> Result {
        let meeting = Meeting(size: size)
        let group = DispatchGroup()
        for rank in 1..<size {
            group.enter()
            Thread.detachNewThread {
                serve(ThreadCommunicator(rank, size, meeting))
                group.leave()
            }
        }
        let result = lead(ThreadCommunicator(0, size, meeting))
        group.wait()
        return result
    }

    package func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {
        let all = meeting.exchange(rank, rank == 0 ? Array(bytes) : [])
        if rank > 0 { bytes.copyBytes(from: all[0]) }
    }

    package func scatter(_ messages: [[UInt8]]) -> [UInt8] {
        precondition(rank > 0 || messages.count == size, "not a message for each rank")
        let all = (0..<size).map { meeting.exchange(rank, rank == 0 ? messages[$0] : [])[0] }
        return all[rank]
    }

    package func gather(_ message: [UInt8]) -> [[UInt8]] {
        let all = meeting.exchange(rank, message)
        return rank == 0 ? all : []
    }

    package func sum(_ words: UnsafeMutableBufferPointer<Int64>) {
        let all = meeting.exchange(rank, Array(UnsafeRawBufferPointer(words)))
        guard rank == 0 else {
            // What is left to the others is of no use, and MPI says not what it is.
            for index in words.indices { words[index] = -1 }
            return
        }
        for other in all.dropFirst() {
            other.withUnsafeBytes { other in
                for index in words.indices {
                    words[index] &+= other.loadUnaligned(
                        fromByteOffset: 8 * index, as: Int64.self)
                }
            }
        }
    }
}
