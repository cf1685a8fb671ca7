import Federation
import Parameters

/// The median of each parameter over a round's clients: half of them may send anything, and it stays
/// between what the others sent.
///
/// Of an even number, the mean of the two in the middle, computed in Double and rounded once. Weights
/// count for nothing: a client that could say how much it weighs would be as good as many.
///
/// Source: Yin, Chen, Kannan and Bartlett, "Byzantine-robust distributed learning: towards optimal
/// statistical rates", ICML 2018, Algorithm 1, option I.
public struct CoordinateMedian: Aggregator {
    /// The median.
    public init() {}

    /// All updates of a round: a median is known when the last has come.
    public var memory: AggregatorMemory { .perUpdate }
    /// "coordinate-wise median".
    public var description: String { "coordinate-wise median" }

    /// It does not go with FedNova, whose mean is by samples.
    public func problem(in strategy: Strategy) -> String? {
        strategy.transforms.contains { $0 is NormalizedChange }
            ? "FedNova's mean by samples has no median in its place" : nil
    }

    /// A fold that keeps what is added until it is finished.
    public func makeFold(_ layout: ParameterLayout) -> any Fold { MedianFold(layout) }
}

/// A round's updates, kept until the last has come.
struct MedianFold: Fold {
    private let layout: ParameterLayout
    private var contributions: [Contribution] = []
    private var numbers = FoldedNumbers()

    init(_ layout: ParameterLayout) { self.layout = layout }

    var count: Int { contributions.count }

    func check(_ contribution: Contribution) throws(AggregationError) {
        try contribution.check(layout, like: contributions.first ?? contribution)
    }

    mutating func add(
        _ contributions: [Contribution], threads: Int
    ) throws(AggregationError) {
        guard let first = self.contributions.first ?? contributions.first else { return }
        for contribution in contributions { try contribution.check(layout, like: first) }
        self.contributions += contributions
        for contribution in contributions { numbers.add(contribution) }
    }

    mutating func finish(threads: Int) throws(AggregationError) -> Aggregate {
        guard let first = contributions.first else { throw .noUpdates }
        let median = Self.median(contributions.map(\.value.vector), threads: threads)
        var extras: [String: ParameterVector] = [:]
        for (index, extra) in first.extras.enumerated() {
            extras[extra.name] = Self.median(
                contributions.map { $0.extras[index].vector }, threads: threads)
        }
        return Aggregate(
            value: first.value.isChange ? .change(median) : .model(median), extras: extras,
            numbers: numbers.means, weight: count, count: count)
    }

    /// The median of each parameter. Numbers are ordered by their bits, so that −0 comes before 0 and
    /// the order of clients changes none.
    static func median(_ vectors: [ParameterVector], threads: Int) -> ParameterVector {
        let (count, length) = (vectors.count, vectors.first?.count ?? 0)
        return ParameterVector(unsafeUninitializedCount: length) { target in
            nonisolated(unsafe) let target = target
            let size = max(1, (length + threads - 1) / max(1, threads))
            parallelFor(count: (length + size - 1) / size, threads: threads) { _, part in
                let range = part * size..<min((part + 1) * size, length)
                // A block of each client's numbers is read at once.
                let block = 1024
                var rows = [Float](repeating: 0, count: block * count)
                for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
                    let end = min(start + block, range.upperBound)
                    for (client, vector) in vectors.enumerated() {
                        vector.withUnsafeBufferPointer { numbers in
                            for index in start..<end {
                                rows[(index - start) * count + client] = numbers[index]
                            }
                        }
                    }
                    for index in start..<end {
                        let row = (index - start) * count..<(index - start + 1) * count
                        rows[row].sort {
                            $0 < $1 || $0 == $1 && $0.sign == .minus && $1.sign == .plus
                        }
                        let (low, high) = (
                            rows[row.lowerBound + (count - 1) / 2],
                            rows[row.lowerBound + count / 2]
                        )
                        target[index] =
                            low.bitPattern == high.bitPattern
                            ? low : Float((Double(low) + Double(high)) / 2)
                    }
                }
            }
        }
    }
}

extension Contribution {
    /// Makes sure that it can stand beside the others of its round.
    fileprivate func check(
        _ layout: ParameterLayout, like first: Contribution
    ) throws(AggregationError) {
        guard value.isChange == first.value.isChange,
            extras.map(\.name) == first.extras.map(\.name)
        else { throw .unlikeOthers(client: client) }
        for vector in [value.vector] + extras.map(\.vector) {
            guard vector.count == layout.count else {
                throw .wrongLength(client: client, found: vector.count, expected: layout.count)
            }
            guard let index = vector.inspect().firstNonFinite else { continue }
            throw .notFinite(
                client: client,
                found: NonFiniteNumber(vector.array(in: index..<index + 1)[0]) ?? .notANumber,
                at: ParameterPlace(index: index, layout: layout))
        }
    }
}
