#if MPI
    import COpenMPI

    /// The processes that `mpirun` started together. An error of MPI's ends all of them.
    public final class MPICommunicator: Communicator {
        public let rank: Int
        public let size: Int

        /// Joins the others: once in a process, and before anything else that speaks of MPI.
        public init() {
            mpi_start()
            rank = Int(mpi_rank())
            size = Int(mpi_size())
        }

        /// Takes leave of the others, once all have come so far.
        public func end() { mpi_end() }

        /// Ends all processes at once.
        public func abort(status: Int32) { mpi_abort(status) }

        /// What one call takes: MPI counts in a C int.
        private static let most = 1 << 28

        public func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {
            for start in stride(from: 0, to: bytes.count, by: Self.most) {
                let end = min(start + Self.most, bytes.count)
                mpi_broadcast(bytes.baseAddress.map { $0 + start }, Int32(end - start))
            }
        }

        public func gather(_ message: [UInt8]) -> [[UInt8]] {
            var counts = [Int32](repeating: 0, count: size)
            mpi_gather_int(Int32(message.count), &counts)
            var starts = counts
            var total = 0
            for rank in 0..<size {
                starts[rank] = Int32(total)
                total += Int(counts[rank])
            }
            precondition(total <= Int32.max, "messages of \(total) bytes are too long to gather")
            var all = [UInt8](repeating: 0, count: total)
            mpi_gather_bytes(message, Int32(message.count), &all, counts, starts)
            guard rank == 0 else { return [] }
            return (0..<size).map { Array(all[Int(starts[$0])...].prefix(Int(counts[$0]))) }
        }

        public func sum(_ words: UnsafeMutableBufferPointer<Int64>) {
            for start in stride(from: 0, to: words.count, by: Self.most) {
                let end = min(start + Self.most, words.count)
                mpi_sum(words.baseAddress.map { $0 + start }, Int32(end - start))
            }
        }
    }
#endif
