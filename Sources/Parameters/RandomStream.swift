import CKernels

/// Names one stream of random numbers: every (seed, purpose, part, round) is a stream of its own.
///
/// Streams are counter-based, so that what one client draws never depends on which thread it runs
/// on or on what was drawn before it.
public struct RandomKey: Hashable, Sendable {
    /// What the numbers are for; a stream for one purpose never overlaps another's.
    public enum Purpose: UInt8, Sendable {
        /// Parameters that a run begins with.
        case initialization = 1
        /// Which images a client has.
        case partition
        /// The order of a client's images.
        case shuffling
        /// What dropout sets to 0.
        case dropout
        /// Which test images count.
        case evaluation
        /// Which clients a round is for.
        case selection
        /// Generated digits.
        case generation
        /// Data of measurements.
        case benchmark
        /// Which clients are away or drop out.
        case participation
        /// How images are shifted and flipped before a client trains on them.
        case augmentation
        /// Which clients have less time, and how much.
        case stragglers
        /// Which test images clients' own models are tested on.
        case clientEvaluation
    }

    /// The run's.
    public var seed: UInt64
    /// What the numbers are for.
    public var purpose: Purpose
    /// Tells apart streams of one purpose: a layer's position, a tensor's number (24 bits are used).
    public var index: Int
    /// Whose numbers they are: those of an image, of a label, of a client; 0 for nobody's (32 bits are
    /// used).
    public var part: Int
    /// Their round; 0 where there is none.
    public var round: Int

    /// The key of that stream; numbers beyond their bits are cut off.
    public init(
        seed: UInt64, purpose: Purpose, index: Int = 0, part: Int = 0, round: Int = 0
    ) {
        self.seed = seed
        self.purpose = purpose
        self.index = index
        self.part = part
        self.round = round
    }

    /// The key of a client's numbers: client k has part k + 1. (Ids began at 1 once; what was drawn
    /// then is drawn still.)
    public init(
        seed: UInt64, purpose: Purpose, index: Int = 0, client: Int, round: Int = 0
    ) {
        self.init(seed: seed, purpose: purpose, index: index, part: client + 1, round: round)
    }

    /// The same key for another `index`.
    public func with(index: Int) -> RandomKey {
        var copy = self
        copy.index = index
        return copy
    }

    /// The key as the generator takes it; the block number is left free.
    @usableFromInline package var philox: ck_philox_key {
        ck_philox_key(
            seed: seed, round: UInt32(truncatingIfNeeded: round),
            client: UInt32(truncatingIfNeeded: part),
            purpose: UInt32(purpose.rawValue) << 24 | UInt32(truncatingIfNeeded: index) & 0xFF_FFFF)
    }
}

/// A stream of random numbers from Philox-4x32-10.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// The 128-bit counter is (block, round, client, purpose and index), the 64-bit key is the seed:
/// streams cannot overlap, and each holds 2³² blocks of 16 bytes.
public struct RandomStream: RandomNumberGenerator, Sendable {
    @usableFromInline let key: ck_philox_key
    @usableFromInline var block: UInt32 = 0
    @usableFromInline var second: UInt64 = 0
    @usableFromInline var hasSecond = false

    /// The stream that the key names, from its beginning.
    @inlinable
    public init(_ key: RandomKey) {
        self.key = key.philox
    }

    /// The next 64 random bits.
    @inlinable
    public mutating func next() -> UInt64 {
        if hasSecond {
            hasSecond = false
            return second
        }
        let words = ck_philox_block(key, block).words
        block &+= 1
        second = UInt64(words.2) | UInt64(words.3) << 32
        hasSecond = true
        return UInt64(words.0) | UInt64(words.1) << 32
    }

    /// A number in [0, 1), a multiple of 2⁻⁵³.
    @inlinable
    public mutating func nextUniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number in [low, high).
    @inlinable
    public mutating func nextUniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * nextUniform()
    }

    /// A whole number in 0 ..< `bound`, each equally likely.
    ///
    /// Source: Lemire, "Fast random integer generation in an interval", 2019. The standard
    /// library's way may change between versions, and with it the bits of a run; this one stays.
    /// - Precondition: `bound` > 0.
    @inlinable
    public mutating func next(below bound: Int) -> Int {
        precondition(bound > 0, "a random number below \(bound) was asked for")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold {
                product = next().multipliedFullWidth(by: range)
            }
        }
        return Int(product.high)
    }

    /// A whole number in `range`, each equally likely.
    @inlinable
    public mutating func next(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + next(below: range.count)
    }

    /// Puts `values` in random order (Fisher and Yates).
    @inlinable
    public mutating func shuffle<Element>(_ values: inout [Element]) {
        var remaining = values.count
        while remaining > 1 {
            let chosen = next(below: remaining)
            remaining -= 1
            values.swapAt(chosen, remaining)
        }
    }
}
