import CKernels
import Parameters

/// Sums weighted models without any rounding, so that no order of arrival changes a bit of the mean.
///
/// For parameter i and updates k with n_k samples, holds Σ n_k · w_k[i] as a fixed-point integer of
/// two words, in units of 2⁻²⁴ and 2⁻⁶⁶; two more words (2⁻¹⁰⁸, 2⁻¹⁵⁰) come into being with the
/// first parameter below 2⁻⁴³ in magnitude. That covers every finite Float down to the denormals,
/// whose products with a sample count are multiples of 2⁻¹⁴⁹. Memory: 16 bytes a parameter (32 with
/// the tail), however many updates, and the last few updates, as many as 64 MiB hold and at most 16:
/// they are added together, or where there are no others, on their way to the mean, which then
/// takes one pass over each and no sums in memory.
///
/// An update that is refused changes nothing. A value: copies share memory until one is changed. Sums and
/// means are the same on threads that flush denormal numbers to zero.
public struct ExactAccumulator: Sendable {
    /// Sample counts must be below this (2²⁹), so that samples · parameter is exact in a Double.
    public static let sampleCountLimit = 1 << 29
    /// What Σ (largest |n_k · w_k[i]| of update k) may reach, in units of 2⁻²⁴. From here on the
    /// high word could wrap in principle, or not convert back from Double in `ck_exact_mean`.
    static let boundLimit = 1 << 62
    /// Additions after which the low words, which grow by at most 2⁴¹ each time, are carried.
    private static let carryInterval = 1 << 20
    /// Below this magnitude a Float has bits beneath 2⁻⁶⁶.
    private static let tailThreshold: Float = 0x1p-43

    /// Parameters in the model.
    public let count: Int
    /// Names the tensors in errors.
    public let layout: ParameterLayout?
    /// How many updates have been added.
    public private(set) var updateCount = 0
    /// Σ n_k.
    public private(set) var sampleCount = 0

    /// Empty until there are more updates than wait.
    private var high: [Int64] = []
    private var low: [Int64] = []
    /// Updates that are not in the sums yet, and whether these will need a tail.
    private var waiting: [ModelUpdate] = []
    private var waitingNeedTail = false
    private var tail: Tail?
    /// Bounds |high[i]| for every i, with what carrying may yet bring.
    private(set) var bound = 0
    private var additionsSinceCarry = 0

    private struct Tail {
        var third: [Int64]
        var fourth: [Int64]

        init(count: Int) {
            third = [Int64](repeating: 0, count: count)
            fourth = third
        }
    }

    /// An empty sum over models of `count` parameters.
    public init(count: Int, layout: ParameterLayout? = nil) {
        precondition(
            layout == nil || layout?.count == count, "the layout is of another length than \(count)"
        )
        self.count = count
        self.layout = layout
    }

    /// How many updates may wait for others before they are summed.
    package static func waitingLimit(count: Int) -> Int {
        min(16, waitingBytes / max(1, count * MemoryLayout<Float>.size))
    }

    private static let waitingBytes = 64 << 20

    /// An empty sum over models with that layout.
    public init(layout: ParameterLayout) {
        self.init(count: layout.count, layout: layout)
    }

    /// Whether the two words for parameters below 2⁻⁴³ have come into being.
    package var hasTail: Bool { tail != nil || waitingNeedTail }

    /// Throws what `add` would throw, and changes nothing.
    public func check(_ update: ModelUpdate) throws(AggregationError) {
        try check(contentsOf: [update])
    }

    /// Throws what adding all of them would throw, and changes nothing.
    public func check(contentsOf updates: [ModelUpdate]) throws(AggregationError) {
        _ = try plan(updates)
    }

    /// Throws what adding all of them to an empty sum would throw.
    static func checkFirst(
        _ updates: [ModelUpdate], layout: ParameterLayout
    ) throws(AggregationError) {
        var plan = Plan(bound: 0, sampleCount: 0, needsTail: false)
        for update in updates {
            try extend(&plan, by: update, count: layout.count, layout: layout)
        }
    }

    /// Adds n · w of an update.
    /// - Throws: `AggregationError` for another length, NaN or infinity, a sample count outside
    ///   1 ..< 2²⁹, and sums that would not fit; the accumulator is then as before.
    public mutating func add(_ update: ModelUpdate) throws(AggregationError) {
        try add(contentsOf: [update])
    }

    /// Adds many updates at once, or none if one is refused: sums are read and written once for
    /// several, and each thread takes a part of the parameters.
    /// - Throws: what adding them one by one would throw first.
    public mutating func add(
        contentsOf updates: [ModelUpdate], threads: Int = 1
    ) throws(AggregationError) {
        precondition(updates.count <= Self.carryInterval, "too many updates at once")
        let plan = try plan(updates)
        waiting += updates
        if plan.needsTail { waitingNeedTail = true }
        bound = plan.bound
        sampleCount = plan.sampleCount
        updateCount += updates.count
        if waiting.count > Self.waitingLimit(count: count) { sumWaiting(threads: threads) }
    }

    /// Whether no product, and no sum, needs more bits of its high word than a Double has: as good as always.
    private var isSmall: Bool { bound < 1 << 51 }

    /// Adds the updates that wait to the sums.
    private mutating func sumWaiting(threads: Int) {
        if high.isEmpty {
            high = [Int64](repeating: 0, count: count)
            low = high
        }
        guard !waiting.isEmpty else { return }
        let updates = waiting
        waiting = []
        if additionsSinceCarry + updates.count > Self.carryInterval { carry() }
        additionsSinceCarry += updates.count
        if waitingNeedTail, tail == nil { tail = Tail(count: count) }
        withExtendedLifetime(updates) {
            nonisolated(unsafe) let vectors = Self.weighted(updates)
            let small: Int32 = isSmall ? 1 : 0
            Self.inParts(of: count, threads: threads, &high, &low) { first, count, high, low in
                ck_accumulate(vectors, vectors.count, first, count, high, low, small)
            }
            guard waitingNeedTail, var tail = self.tail.take() else { return }
            Self.inParts(
                of: count, threads: threads, &tail.third, &tail.fourth
            ) { first, count, third, fourth in
                for vector in vectors {
                    ck_accumulate_tail(vector.values + first, vector.weight, third, fourth, count)
                }
            }
            self.tail = tail
        }
        waitingNeedTail = false
    }

    /// Updates as a kernel takes them, while they live.
    private static func weighted(_ updates: [ModelUpdate]) -> [ck_weighted] {
        updates.map { update in
            ck_weighted(
                values: update.parameters.withUnsafeBufferPointer { $0.baseAddress },
                weight: Double(update.sampleCount))
        }
    }

    /// Lends parts of two rows of words to as many threads.
    private static func inParts(
        of count: Int, threads: Int, _ high: inout [Int64], _ low: inout [Int64],
        _ body:
            @Sendable (
                _ first: Int, _ count: Int, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>
            ) -> Void
    ) {
        withWords(&high, &low) { high, low in
            nonisolated(unsafe) let (high, low) = (high, low)
            let size = (count + threads - 1) / threads
            parallelFor(count: threads, threads: threads) { _, part in
                let first = min(part * size, count)
                Denormals.kept {
                    body(first, min(size, count - first), high + first, low + first)
                }
            }
        }
    }

    /// Adds sums that other processes hold, word by word.
    ///
    /// Every process calls it on its own part of the sum with what is known of all parts; whatever adds
    /// integers across processes then does so in `addingWords`. Where it leaves the words of all
    /// processes added up, the sum is the whole; elsewhere it is of no use any more.
    /// - Parameter addingWords: called for each row of `count` words, the same rows everywhere.
    public mutating func reduce(
        to whole: Totals, _ addingWords: (UnsafeMutableBufferPointer<Int64>) -> Void
    ) {
        precondition(whole.parts < Self.carryInterval, "a sum of \(whole.parts) parts")
        sumWaiting(threads: 1)
        // After this the low words are what one addition may leave.
        carry()
        if whole.hasTail, tail == nil { tail = Tail(count: count) }
        high.withUnsafeMutableBufferPointer { addingWords($0) }
        low.withUnsafeMutableBufferPointer { addingWords($0) }
        if var tail = self.tail.take() {
            tail.third.withUnsafeMutableBufferPointer { addingWords($0) }
            tail.fourth.withUnsafeMutableBufferPointer { addingWords($0) }
            self.tail = tail
        }
        bound = whole.bound
        sampleCount = whole.sampleCount
        updateCount = whole.updateCount
        additionsSinceCarry = whole.parts
    }

    /// Σ n_k w_k[i] / Σ n_k, rounded once to the nearest Float, ties to even.
    ///
    /// A sum that is exactly 0 gives 0, never −0; a negative mean that is nearer to 0 than to any
    /// other Float gives −0. Mutating only to bring words into order.
    /// - Parameter threads: how many share the parameters.
    /// - Throws: `AggregationError.noUpdates`.
    public mutating func mean(threads: Int = 1) throws(AggregationError) -> ParameterVector {
        guard updateCount > 0 else { throw .noUpdates }
        if tail != nil || waitingNeedTail {
            sumWaiting(threads: threads)
            carry()
        }
        return quotients(threads: threads)
    }

    /// The means, where the words are in order.
    private func quotients(threads: Int) -> ParameterVector {
        let divisor = Int64(sampleCount)
        return ParameterVector(unsafeUninitializedCount: count) { mean in
            guard let target = mean.baseAddress else { return }
            nonisolated(unsafe) let parts = (target: target, vectors: Self.weighted(waiting))
            let size = (count + threads - 1) / threads
            parallelFor(count: threads, threads: threads) { _, part in
                let first = min(part * size, count)
                let range = first..<min(first + size, count)
                Denormals.kept {
                    if tail == nil {
                        divide(range, by: divisor, adding: parts.vectors, into: parts.target)
                    } else {
                        divideWithTail(range, by: divisor, into: parts.target)
                    }
                }
            }
        }
    }

    /// Makes means of a range of parameters, block by block: the words of a block never leave the cache.
    private func divide(
        _ range: Range<Int>, by divisor: Int64, adding vectors: [ck_weighted],
        into target: UnsafeMutablePointer<Float>
    ) {
        let size = 1024
        let small: Int32 = isSmall ? 1 : 0
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: 2 * size) { words in
            guard let sums = words.baseAddress else { return }
            words.initialize(repeating: 0)
            for first in stride(from: range.lowerBound, to: range.upperBound, by: size) {
                let count = min(size, range.upperBound - first)
                if high.isEmpty {
                    words.update(repeating: 0)
                } else {
                    high.withUnsafeBufferPointer {
                        sums.update(from: $0.baseAddress! + first, count: count)
                    }
                    low.withUnsafeBufferPointer {
                        (sums + size).update(from: $0.baseAddress! + first, count: count)
                    }
                }
                ck_accumulate(vectors, vectors.count, first, count, sums, sums + size, small)
                ck_carry(sums, sums + size, count)
                if isSmall {
                    ck_small_mean(sums, sums + size, divisor, target + first, count)
                } else {
                    ck_exact_mean(sums, sums + size, nil, nil, divisor, target + first, count)
                }
            }
        }
    }

    private func divideWithTail(
        _ range: Range<Int>, by divisor: Int64, into target: UnsafeMutablePointer<Float>
    ) {
        guard let tail else { return }
        let first = range.lowerBound
        func rest<Value>(_ words: [Int64], _ body: (UnsafePointer<Int64>) -> Value) -> Value {
            words.withUnsafeBufferPointer { body($0.baseAddress! + first) }
        }
        rest(high) { high in
            rest(low) { low in
                rest(tail.third) { third in
                    rest(tail.fourth) { fourth in
                        ck_exact_mean(
                            high, low, third, fourth, divisor, target + first, range.count)
                    }
                }
            }
        }
    }

    // MARK: Parts

    private struct Plan {
        var bound: Int
        var sampleCount: Int
        var needsTail: Bool
    }

    /// Checks everything about updates before any of them is added.
    private func plan(_ updates: [ModelUpdate]) throws(AggregationError) -> Plan {
        var plan = Plan(bound: bound, sampleCount: sampleCount, needsTail: false)
        for update in updates {
            try Self.extend(&plan, by: update, count: count, layout: layout)
        }
        return plan
    }

    private static func extend(
        _ plan: inout Plan, by update: ModelUpdate, count: Int, layout: ParameterLayout?
    ) throws(AggregationError) {
        let client = update.client
        guard update.parameters.count == count else {
            throw .wrongLength(client: client, found: update.parameters.count, expected: count)
        }
        guard update.sampleCount > 0, update.sampleCount < sampleCountLimit else {
            throw .sampleCountOutOfRange(client: client, found: update.sampleCount)
        }
        let extent = update.extent
        if let index = extent.firstNonFinite {
            let value = update.parameters.array(in: index..<index + 1)[0]
            throw .notFinite(
                client: client, found: NonFiniteNumber(value) ?? .notANumber,
                at: ParameterPlace(index: index, layout: layout))
        }
        let samples = plan.sampleCount.addingReportingOverflow(update.sampleCount)
        guard !samples.overflow else {
            throw .sampleCountOverflow(
                client: client, found: update.sampleCount, sumBefore: plan.sampleCount)
        }
        // Exact: 24 + 29 bits. One more unit than the largest high word, because carrying brings
        // at most half a unit for every addition.
        let units = Double(extent.largest) * Double(update.sampleCount) * 0x1p24
        guard units < 0x1p62, plan.bound + Int(units.rounded(.up)) + 1 <= boundLimit else {
            throw .overflow(
                client: client, value: extent.largest, sampleCount: update.sampleCount,
                at: largestPlace(update.parameters, extent.largest, layout))
        }
        plan.bound += Int(units.rounded(.up)) + 1
        plan.sampleCount = samples.partialValue
        if extent.smallestNonzero < tailThreshold { plan.needsTail = true }
    }

    private static func largestPlace(
        _ parameters: ParameterVector, _ magnitude: Float, _ layout: ParameterLayout?
    ) -> ParameterPlace {
        let index = parameters.withUnsafeBufferPointer { parameters in
            parameters.firstIndex { abs($0) == magnitude }
        }
        return ParameterPlace(index: index ?? 0, layout: layout)
    }

    /// Moves excess from each word to the one above it; the value stays.
    private mutating func carry() {
        additionsSinceCarry = 0
        guard count > 0 else { return }
        if var tail = self.tail.take() {
            withWords(&tail.third, &tail.fourth) { ck_carry($0, $1, count) }
            withWords(&low, &tail.third) { ck_carry($0, $1, count) }
            self.tail = tail
        }
        withWords(&high, &low) { ck_carry($0, $1, count) }
        // What is left in the low words is as much as one addition may leave.
        additionsSinceCarry = 1
    }
}

/// Lends two arrays of one length, not empty, to a kernel.
private func withWords(
    _ high: inout [Int64], _ low: inout [Int64],
    _ body: (UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>) -> Void
) {
    high.withUnsafeMutableBufferPointer { high in
        low.withUnsafeMutableBufferPointer { low in
            guard let high = high.baseAddress, let low = low.baseAddress else { return }
            body(high, low)
        }
    }
}
