/// Processes that compute one run together. Each has a rank: 0 for the one that leads, 1, 2, … for the
/// others.
///
/// The calls are collective: all ranks make the same ones in the same order, and each waits for what it
/// needs of the others. One thread of a process makes them all.
public protocol Communicator: Sendable {
    var rank: Int { get }
    /// How many ranks there are.
    var size: Int { get }
    /// Gives every rank the bytes of rank 0.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer)
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
}
