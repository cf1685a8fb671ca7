import Federation
import Parameters

/// Sparsification with error feedback: of d + e, its change and what earlier rounds left out, a client
/// sends the ⌈k · n⌉ numbers of the largest magnitude, and keeps the rest as e for the next round.
///
/// Of equal magnitudes the lower index goes first. What is sent is exact, so a wire that leaves zeros out
/// loses nothing more.
///
/// Source: Stich, Cordonnier and Jaggi, "Sparsified SGD with memory", NeurIPS 2018, Algorithm 1; with
/// rounds of local steps: Basu, Data, Karakus and Diggavi, "Qsparse-local-SGD", NeurIPS 2019.
public struct TopK: UpdateTransform, Hashable {
    /// k, the share of the numbers that are sent.
    public let fraction: Double
    /// The name of what a client keeps.
    public static let residual = "residual e"

    /// Sends that share.
    /// - Precondition: 0 < k ≤ 1.
    public init(fraction: Double) {
        precondition(fraction > 0 && fraction <= 1, "\(fraction) is no share to send")
        self.fraction = fraction
    }

    /// What a description says: "topk:0.01"; nil if it is none.
    public init?(description: String) {
        guard description.hasPrefix("topk:"), let fraction = Double(description.dropFirst(5)),
            fraction > 0, fraction <= 1
        else { return nil }
        self.init(fraction: fraction)
    }

    /// Where the client is: what is left out is not sent.
    public var place: TransformPlace { .client }
    /// The name that the command and clients know it by: "topk:0.01".
    public var description: String { "topk:\(fraction)" }
    /// e, what a client has left out so far.
    public var clientStateNames: [String] { [Self.residual] }

    /// It does not go with parts that stay a client's own: what they differ by is no change to be added up
    /// over rounds.
    public func problem(in strategy: Strategy) -> String? {
        strategy.keepsParts
            ? "\(self) adds up over rounds what it has left out, and with \(KeptParts.name) the same "
                + "difference comes again each round: take one of the two" : nil
    }

    /// Puts the ⌈k · n⌉ largest numbers of d + e in the place of the update, and keeps the others as e.
    /// - Throws: `AggregationError.notFinite` where d + e is no finite number.
    public func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        let change = contribution.value.change(from: context.model)
        let whole =
            context.own[Self.residual].map {
                ParameterVector.map(change, $0) { Float(Double($0) + Double($1)) }
            } ?? change
        if let index = whole.inspect().firstNonFinite {
            throw .notFinite(
                client: context.client,
                found: NonFiniteNumber(whole.array(in: index..<index + 1)[0]) ?? .notANumber,
                at: ParameterPlace(index: index))
        }
        let count = max(1, DecimalShare.ceiling(fraction, of: whole.count))
        let (bound, ties) = Self.bound(of: whole, count: count)
        var left = ties
        let sent = whole.map { value in
            let magnitude = value.magnitude.bitPattern
            if magnitude > bound { return value }
            guard magnitude == bound, left > 0 else { return 0 }
            left -= 1
            return value
        }
        contribution.value = .change(sent)
        contribution.clientState[Self.residual] = ParameterVector.map(whole, sent) { $0 - $1 }
    }

    /// The magnitude of the last number that is sent, as bits, and how many of that magnitude are.
    private static func bound(of vector: ParameterVector, count: Int) -> (bits: UInt32, ties: Int) {
        var magnitudes = vector.withUnsafeBufferPointer { $0.map(\.magnitude.bitPattern) }
        let bound = select(&magnitudes, rank: count - 1)
        let above = vector.withUnsafeBufferPointer { numbers in
            numbers.count { $0.magnitude.bitPattern > bound }
        }
        return (bound, count - above)
    }

    /// The number that would stand at `rank` if they were sorted, the largest first: a radix select,
    /// two passes of sixteen bits, whatever the numbers.
    private static func select(_ values: inout [UInt32], rank: Int) -> UInt32 {
        var rank = rank
        var prefix: UInt32 = 0
        for shift in [16, 0] as [UInt32] {
            var counts = [Int](repeating: 0, count: 1 << 16)
            for value in values where shift == 16 || value >> 16 == prefix >> 16 {
                counts[Int(value >> shift & 0xffff)] += 1
            }
            for digit in counts.indices.reversed() {
                if rank < counts[digit] {
                    prefix |= UInt32(digit) << shift
                    break
                }
                rank -= counts[digit]
            }
        }
        return prefix
    }
}
