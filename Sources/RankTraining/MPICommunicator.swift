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

        /// Calls `body` with parts of 0 ..< `count` that one call takes.
        private static func inParts(_ count: Int, _ body: (_ start: Int, _ count: Int32) -> Void) {
            for start in stride(from: 0, to: count, by: most) {
                body(start, Int32(min(most, count - start)))
            }
        }

        public func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {
            Self.inParts(bytes.count) { start, count in
                mpi_broadcast(bytes.baseAddress.map { $0 + start }, count)
            }
        }

        public func scatter(_ messages: [[UInt8]]) -> [UInt8] {
            var length: Int64 = 0
            mpi_scatter_length(messages.map { Int64($0.count) }, &length)
            guard rank == 0 else { return received(Int(length), from: 0) }
            for rank in 1..<max(size, 1) { send(messages[rank], to: rank) }
            return messages[0]
        }

        public func gather(_ message: [UInt8]) -> [[UInt8]] {
            var lengths = [Int64](repeating: 0, count: size)
            mpi_gather_length(Int64(message.count), &lengths)
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
                    mpi_send(bytes.baseAddress.map { $0 + start }, count, Int32(rank))
                }
            }
        }

        private func received(_ length: Int, from rank: Int) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: length) { bytes, count in
                Self.inParts(length) { start, count in
                    mpi_receive(bytes.baseAddress.map { $0 + start }, count, Int32(rank))
                }
                count = length
            }
        }

        public func sum(_ words: UnsafeMutableBufferPointer<Int64>) {
            Self.inParts(words.count) { start, count in
                mpi_sum(words.baseAddress.map { $0 + start }, count)
            }
        }
    }
#endif
