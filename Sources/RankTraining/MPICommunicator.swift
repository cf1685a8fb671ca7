import CMPI

/// The processes that `mpirun` started together, over Open MPI's library, which is looked for here and not
/// before. An error of MPI's ends all of them.
public final class MPICommunicator: Communicator {
    /// Which of them this process is, as Open MPI counts.
    public let rank: Int
    /// How many of them Open MPI knows.
    public let size: Int

    /// Joins the others: once in a process, and before anything else that speaks of MPI.
    /// - Parameter count: how many were started, as the launcher tells in the environment.
    /// - Throws: `MPIError` if the library is not there, or another MPI's `mpirun` has started them.
    public init(startedAs count: Int) throws(MPIError) {
        if let problem = cmpi_load() { throw .notLoaded(String(cString: problem)) }
        cmpi_start()
        rank = Int(cmpi_rank())
        size = Int(cmpi_size())
        // Each would take itself for rank 0, and do the work of all.
        guard size > 1 || count <= 1 else {
            cmpi_end()
            throw .alone
        }
    }

    /// Takes leave of the others, once all have come so far.
    public func end() { cmpi_end() }

    /// Ends all processes at once.
    public func abort(status: Int32) { cmpi_abort(status) }

    /// What one call takes: MPI counts in a C int.
    private static let most = 1 << 28

    /// Calls `body` with parts of 0 ..< `count` that one call takes.
    private static func inParts(_ count: Int, _ body: (_ start: Int, _ count: Int32) -> Void) {
        for start in stride(from: 0, to: count, by: most) {
            body(start, Int32(min(most, count - start)))
        }
    }

    /// Gives every rank the bytes of rank 0, by `MPI_Bcast`.
    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {
        Self.inParts(bytes.count) { start, count in
            cmpi_broadcast(bytes.baseAddress.map { $0 + start }, count)
        }
    }

    /// Gives every rank its own message of rank 0's: lengths by `MPI_Scatter`, bytes by `MPI_Send`.
    public func scatter(_ messages: [[UInt8]]) -> [UInt8] {
        var length: Int64 = 0
        cmpi_scatter_length(messages.map { Int64($0.count) }, &length)
        guard rank == 0 else { return received(Int(length), from: 0) }
        for rank in 1..<max(size, 1) { send(messages[rank], to: rank) }
        return messages[0]
    }

    /// Brings a message of each rank to rank 0: lengths by `MPI_Gather`, bytes by `MPI_Send`.
    public func gather(_ message: [UInt8]) -> [[UInt8]] {
        var lengths = [Int64](repeating: 0, count: size)
        cmpi_gather_length(Int64(message.count), &lengths)
        guard rank == 0 else {
            send(message, to: 0)
            return []
        }
        return [message] + (1..<max(size, 1)).map { received(Int(lengths[$0]), from: $0) }
    }

    /// From rank to rank, because the collective calls take no more bytes of all ranks together
    /// than a C int counts.
    private func send(_ message: [UInt8], to rank: Int) {
        message.withUnsafeBytes { bytes in
            Self.inParts(bytes.count) { start, count in
                cmpi_send(bytes.baseAddress.map { $0 + start }, count, Int32(rank))
            }
        }
    }

    private func received(_ length: Int, from rank: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { bytes, count in
            Self.inParts(length) { start, count in
                cmpi_receive(bytes.baseAddress.map { $0 + start }, count, Int32(rank))
            }
            count = length
        }
    }

    /// Adds the words of all ranks into those of rank 0, by `MPI_Reduce`.
    public func sum(_ words: UnsafeMutableBufferPointer<Int64>) {
        Self.inParts(words.count) { start, count in
            cmpi_sum(words.baseAddress.map { $0 + start }, count)
        }
    }
}
