import Federation
import Platform

/// Why a server does not take a run that keeps all updates of a round: there is no room for them.
public struct MemoryShortage: Error, Equatable, Sendable, CustomStringConvertible {
    /// What keeps them.
    public var aggregator: String
    /// How many a round has.
    public var updates: Int
    /// Bytes of each.
    public var updateBytes: Int
    /// Bytes that there are.
    public var foundBytes: Int

    /// One sentence that says what is needed and what is there.
    public var description: String {
        """
        “\(aggregator)” keeps all updates of a round: \(updates) of \(Self.text(updateBytes)) need \
        \(Self.text(updates * updateBytes)), and there are \(Self.text(foundBytes)) of memory: \
        expected fewer clients in a round, a smaller model, or an aggregator that keeps no updates
        """
    }

    private static func text(_ bytes: Int) -> String {
        let (unit, name) = bytes >= 1_000_000_000 ? (1e9, "GB") : (1e6, "MB")
        return "\((Double(bytes) / unit * 10).rounded() / 10) \(name)"
    }
}

extension ServerLimits {
    /// Makes sure that a round's updates have room, where they are kept beside those on their way.
    public func check(_ plan: RunPlan) throws(MemoryShortage) {
        try check(plan, available: AvailableMemory())
    }

    /// - Parameter available: nil where nobody knows.
    package func check(
        _ plan: RunPlan, available: AvailableMemory?
    ) throws(MemoryShortage) {
        guard plan.strategy.aggregator.memory == .perUpdate, let available else { return }
        let vectors = 1 + plan.strategy.transforms.reduce(0) { $0 + $1.extraNames.count }
        let room = max(0, available.bytes - uploadMemoryBytes)
        let (needed, overflow) = plan.rules.goal.multipliedReportingOverflow(
            by: vectors * modelBytes)
        guard overflow || needed > room else { return }
        throw MemoryShortage(
            aggregator: "\(plan.strategy.aggregator)", updates: plan.rules.goal,
            updateBytes: vectors * modelBytes, foundBytes: room)
    }
}
