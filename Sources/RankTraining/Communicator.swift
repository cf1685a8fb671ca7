import Parameters

/// Processes that compute one run together. Each has a rank: 0 for the one that leads, 1, 2, … for
/// the others.
///
/// The calls are collective: all ranks make the same ones in the same order, and each waits for
/// what it needs of the others. One thread of a process makes them all. Messages may be of any
/// length, and of another for each rank.
public protocol Communicator: Sendable {
    /// Which of them this process is.
    var rank: Int { get }
    /// How many ranks there are.
    var size: Int { get }
    /// Gives every rank the bytes of rank 0.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer)
    /// Gives every rank its own message of rank 0's.
    /// - Parameter messages: one for each rank, in their order; looked at on rank 0 only.
    func scatter(_ messages: [[UInt8]]) -> [UInt8]
    /// Brings a message of each rank to rank 0, in the order of ranks; the others get nothing.
    func gather(_ message: [UInt8]) -> [[UInt8]]
    /// Adds the words of all ranks into those of rank 0; those of the others are then of no use.
    func sum(_ words: UnsafeMutableBufferPointer<Int64>)
}

extension Communicator {
    /// Gives every rank a message of rank 0, whatever its length.
    /// - Parameter message: looked at on rank 0 only.
    public func broadcast(message: [UInt8]) -> [UInt8] {
        var length = Int64(message.count)
        withUnsafeMutableBytes(of: &length) { broadcast($0) }
        var bytes = rank == 0 ? message : [UInt8](repeating: 0, count: Int(length))
        bytes.withUnsafeMutableBytes { broadcast($0) }
        return bytes
    }

    /// Gives every rank a vector of rank 0.
    /// - Parameters:
    ///   - vector: looked at on rank 0 only.
    ///   - count: how many numbers it has, which all ranks know.
    func broadcast(_ vector: ParameterVector?, count: Int) -> ParameterVector {
        guard rank == 0, let vector else {
            return ParameterVector(unsafeUninitializedCount: count) {
                broadcast(UnsafeMutableRawBufferPointer($0))
            }
        }
        precondition(vector.count == count, "a vector of \(vector.count) numbers, not \(count)")
        vector.withUnsafeBufferPointer {
            // Rank 0's bytes are read only.
            broadcast(
                UnsafeMutableRawBufferPointer(
                    start: UnsafeMutableRawPointer(mutating: $0.baseAddress),
                    count: $0.count * MemoryLayout<Float>.stride))
        }
        return vector
    }
}
