import Parameters

/// A range of Floats in an arena that has been planned, and perhaps not yet allocated.
public struct ArenaRegion: Hashable, Sendable {
    /// Floats before it.
    public let offset: Int
    /// Its Floats.
    public let count: Int
}

/// Adds up what scratch memory a computation needs, before any of it is allocated.
public struct ArenaPlan: Sendable {
    /// Floats needed so far.
    public private(set) var count = 0

    /// Nothing yet.
    public init() {}

    /// Room for `count` Floats that starts at a cache line.
    public mutating func reserve(_ count: Int) -> ArenaRegion {
        let region = ArenaRegion(offset: self.count, count: count)
        self.count += (count + 15) / 16 * 16
        return region
    }
}

/// One allocation of scratch memory at a 64-byte boundary, zero at first.
///
/// Not for use from two threads at once.
public final class Arena {
    private let base: UnsafeMutableBufferPointer<Float>

    /// All that was planned, at once.
    public init(_ plan: ArenaPlan) {
        base = allocateAligned(plan.count)
        base.initialize(repeating: 0)
    }

    deinit { UnsafeMutableRawPointer(base.baseAddress!).deallocate() }

    /// The first Float of `region`; valid as long as the arena lives.
    public subscript(region: ArenaRegion) -> UnsafeMutablePointer<Float> {
        base.baseAddress! + region.offset
    }

    /// Floats in all.
    public var count: Int { base.count }
}
