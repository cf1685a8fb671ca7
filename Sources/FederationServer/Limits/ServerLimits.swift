import FederationWire

/// How much, how slowly and how many: what keeps bad company from using up the server.
///
/// What a body may hold follows from the size of the model; the rest are plain numbers that tests
/// make smaller.
public struct ServerLimits: Sendable, Hashable {
    /// Parameters of the model that is trained.
    public var parameterCount: Int
    /// Largest body of a request that brings no model.
    public var messageBytes = 1 << 16
    /// A body must come at least so fast, measured while the server waits for it.
    public var minimumBytesPerSecond = 32 << 10
    /// For so long it may be slower.
    public var graceSeconds = 5.0
    /// Longest silence between requests and within their headers.
    public var idleSeconds = 30.0
    /// Longest wait for a place in memory for an upload.
    public var slotWaitSeconds = 20.0
    /// How long an upload keeps its place while others wait for one.
    public var slotHoldSeconds = 40.0
    /// Bytes that uploads in progress may take together.
    public var uploadMemoryBytes = 64 << 20
    /// Connections at once; more wait in the system's queue.
    public var connections = 16_384
    /// Browsers that watch at once; one more takes the place of the slowest.
    public var watchers = 256
    /// A browser that watches and takes nothing for so long is cut off.
    public var watcherStallSeconds = 20.0
    /// How long and how much is still read after a refusal, so that the client gets to see it.
    public var lingerSeconds = 1.0
    /// See `lingerSeconds`.
    public var lingerBytes = 4 << 20

    /// The limits of a server whose model has so many parameters.
    public init(parameterCount: Int) {
        self.parameterCount = parameterCount
    }

    /// Bytes of the model as raw floats.
    public var modelBytes: Int { parameterCount * 4 }

    /// Largest binary update, however its floats are written: header, table and report take less than
    /// what is added.
    public var binaryUpdateBytes: Int {
        let vector = VectorEncodings.all.map { $0.byteLimit(count: parameterCount) }.max() ?? 0
        return vector + UpdateReport.byteLimit + (4 << 10)
    }

    /// Largest update as nested lists: 32 bytes a number is more than any writer of 64-bit decimals
    /// takes with its comma and space.
    public var listedUpdateBytes: Int { parameterCount * 32 + (64 << 10) }

    /// How many uploads have a place in memory at once.
    public var uploadSlots: Int { min(max(uploadMemoryBytes / max(modelBytes, 1), 2), 64) }

    /// How many updates as nested lists have one: each takes its text and the numbers.
    public var listedUploadSlots: Int {
        min(max(uploadMemoryBytes / max(listedUpdateBytes + 2 * modelBytes, 1), 1), 16)
    }

    /// Longest wait of an update as nested lists, of which few have a place: whoever is first in line
    /// gets one, before the minute is over that clients and proxies usually have patience for.
    public var listedSlotWaitSeconds: Double { slotHoldSeconds + slotWaitSeconds / 2 }

    /// The whole time that a body of so many bytes may take.
    public func bodySeconds(bytes: Int) -> Double {
        6 * graceSeconds + Double(bytes) / Double(max(minimumBytesPerSecond, 1))
    }
}
