/// The numbers that contributions bring, kept by client, because a sum of Doubles depends on its order.
public struct FoldedNumbers: Sendable, Hashable, Codable {
    private struct Part: Hashable, Codable {
        var weight: Int
        var numbers: [String: Double]
    }

    private var parts: [Int: Part] = [:]

    /// None.
    public init() {}

    /// Takes note of a contribution's numbers.
    public mutating func add(_ contribution: Contribution) {
        guard !contribution.numbers.isEmpty else { return }
        parts[contribution.client] = Part(
            weight: contribution.weight, numbers: contribution.numbers)
    }

    /// These and another process's.
    public func merging(_ other: FoldedNumbers) -> FoldedNumbers {
        var all = self
        all.parts.merge(other.parts) { mine, _ in mine }
        return all
    }

    /// Σ w_i v_i / Σ w_i for each name, summed in the order of clients.
    public var means: [String: Double] {
        let ascending = parts.sorted { $0.key < $1.key }.map(\.value)
        var means: [String: Double] = [:]
        for name in Set(ascending.flatMap(\.numbers.keys)) {
            let having = ascending.filter { $0.numbers[name] != nil }
            let weight = having.reduce(0) { $0 + $1.weight }
            means[name] =
                having.reduce(0) { $0 + Double($1.weight) * ($1.numbers[name] ?? 0) }
                / Double(max(weight, 1))
        }
        return means
    }
}
