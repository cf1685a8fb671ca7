extension ExactAccumulator {
    /// What is known of a sum but for its words.
    public struct Totals: Hashable, Sendable, Codable {
        var bound = 0
        var hasTail = false
        var parts = 1
        /// Σ n_k.
        public internal(set) var sampleCount = 0
        /// How many updates have been added.
        public internal(set) var updateCount = 0

        /// What is known of this sum and another together.
        /// - Throws: `AggregationError.mergeOverflow`.
        public func adding(_ other: Totals) throws(AggregationError) -> Totals {
            let bound = bound.addingReportingOverflow(other.bound)
            let samples = sampleCount.addingReportingOverflow(other.sampleCount)
            guard !bound.overflow, bound.partialValue <= ExactAccumulator.boundLimit,
                !samples.overflow
            else { throw .mergeOverflow }
            return Totals(
                bound: bound.partialValue, hasTail: hasTail || other.hasTail,
                parts: parts + other.parts, sampleCount: samples.partialValue,
                updateCount: updateCount + other.updateCount)
        }
    }

    /// What is known of the sum but for its words.
    public var totals: Totals {
        Totals(
            bound: bound, hasTail: hasTail, sampleCount: sampleCount, updateCount: updateCount)
    }
}
