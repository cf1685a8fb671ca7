import CKernels
import Synchronization

/// A model's parameters, all in one contiguous, 64-byte-aligned buffer of Floats.
///
/// A value: copies share the buffer until one of them is changed. Which range is which tensor says
/// a `ParameterLayout`; optimiser, averaging, checkpoint and wire format are each one pass over all.
public struct ParameterVector: Sendable {
    private final class Storage: @unchecked Sendable {
        // Written only while uniquely referenced, so sharing between threads is sound.
        let base: UnsafeMutableBufferPointer<Float>
        /// What `inspect` has found, until the numbers change.
        let extent = Mutex<Extent?>(nil)

        init(count: Int) {
            base = allocateAligned(count)
        }

        deinit { base.baseAddress.map { UnsafeMutableRawPointer($0).deallocate() } }
    }

    private var storage: Storage

    /// `count` zeros.
    public init(zeros count: Int) {
        storage = Storage(count: count)
        storage.base.initialize(repeating: 0)
    }

    /// A copy of `values`.
    public init(_ values: UnsafeBufferPointer<Float>) {
        storage = Storage(count: values.count)
        _ = storage.base.initialize(from: values)
    }

    /// A copy of `values`.
    public init(_ values: [Float]) {
        self = values.withUnsafeBufferPointer { ParameterVector($0) }
    }

    /// `count` zeros, which `body` may change.
    public init(
        count: Int, initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        storage = Storage(count: count)
        storage.base.initialize(repeating: 0)
        try body(storage.base)
    }

    /// A buffer of `count` Floats, nothing in it yet, all of which `body` initialises.
    public init(
        unsafeUninitializedCount count: Int,
        initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        storage = Storage(count: count)
        try body(storage.base)
    }

    /// How many Floats.
    public var count: Int { storage.base.count }

    /// Lends the buffer for reading.
    public func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(storage) { try body(UnsafeBufferPointer(storage.base)) }
    }

    /// Lends the buffer for writing, copied first if it is shared.
    public mutating func withUnsafeMutableBufferPointer<Result>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        if !isKnownUniquelyReferenced(&storage) {
            let copy = Storage(count: count)
            _ = copy.base.initialize(from: storage.base)
            storage = copy
        }
        storage.extent.withLock { $0 = nil }
        return try withExtendedLifetime(storage) { try body(storage.base) }
    }

    /// Whether both are the same buffer, so that they hold the same for sure.
    public func isIdentical(to other: ParameterVector) -> Bool { storage === other.storage }

    /// The elements in `range` as an array.
    public func array(in range: Range<Int>) -> [Float] {
        withUnsafeBufferPointer { Array($0[range]) }
    }

    /// Largest and smallest magnitudes and the first element that is no finite number; looked for once.
    public func inspect() -> Extent {
        if let known = storage.extent.withLock({ $0 }) { return known }
        let extent = withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return Extent() }
            let found = ck_inspect(base, buffer.count)
            return Extent(
                largest: found.largest, smallestNonzero: found.smallest_nonzero,
                firstNonFinite: found.first_bad < 0 ? nil : Int(found.first_bad))
        }
        storage.extent.withLock { $0 = extent }
        return extent
    }

    /// What `inspect()` finds.
    public struct Extent: Sendable {
        /// max |x|; 0 for an empty vector.
        public var largest: Float = 0
        /// min |x| over x ≠ 0; infinity if there is none.
        public var smallestNonzero: Float = .infinity
        /// Position of the first NaN or infinity.
        public var firstNonFinite: Int?
    }
}

extension ParameterVector: Equatable {
    /// Whether both hold the same bits (so NaN equals itself, and 0 differs from −0).
    public static func == (a: ParameterVector, b: ParameterVector) -> Bool {
        guard a.count == b.count else { return false }
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                UnsafeRawBufferPointer(a).elementsEqual(UnsafeRawBufferPointer(b))
            }
        }
    }
}

/// Uninitialised memory for `count` Floats at a 64-byte boundary; the caller deallocates it.
package func allocateAligned(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let raw = UnsafeMutableRawPointer.allocate(
        byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    return UnsafeMutableBufferPointer(
        start: raw.bindMemory(to: Float.self, capacity: max(count, 1)), count: count)
}
