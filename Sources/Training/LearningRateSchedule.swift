/// What becomes of the learning rate from round to round: it is η times a factor of the round r and of all
/// rounds R.
///
/// | text | factor |
/// |---|---|
/// | `constant` | 1 |
/// | `step:30:0.1` | 0.1^⌊(r − 1) / 30⌋ |
/// | `cosine`, `cosine:0.01` | f + (1 − f)(1 + cos(π(r − 1) / R)) / 2, with f of 0 or 0.01 |
/// | `warmup:5` | r / 5 in the first 5 rounds, then 1 |
/// | `warmup:5+cosine` | r / 5 in the first 5 rounds, then that of round r − 5 of R − 5 |
///
/// A cosine would reach f in the round after the last: no round trains at a rate of 0. The factors are the
/// same numbers on every machine; the cosine is not the mathematics library's.
///
/// Sources: the cosine: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR
/// 2017, equation 5, without restarts; the warm-up: Goyal et al., "Accurate, large minibatch SGD", 2017,
/// section 2.2.
public struct LearningRateSchedule: Hashable, Sendable {
    /// What follows the warm-up.
    public enum Course: Hashable, Sendable {
        /// The rate stays.
        case constant
        /// Every so many rounds it is multiplied by a factor, above 0 and at most 1.
        case step(every: Int, factor: Double)
        /// It falls along half a wave, to a part of η from 0 to 1.
        case cosine(final: Double)
    }

    /// Rounds in which the rate climbs to η; 0 for none.
    public var warmup: Int
    /// What follows.
    public var course: Course

    /// The same rate in every round.
    public static let constant = LearningRateSchedule()

    /// A schedule.
    /// - Precondition: there are 0 to 2³¹ − 1 rounds of warm-up, and the course has a step's rounds of 1
    ///   to 2³¹ − 1, its factor above 0 and at most 1, or a cosine's end from 0 to 1.
    public init(warmup: Int = 0, _ course: Course = .constant) {
        precondition(Self.isPossible(warmup, course), "there is no schedule of such numbers")
        self.warmup = warmup
        self.course = course
    }

    private static func isPossible(_ warmup: Int, _ course: Course) -> Bool {
        guard (0...Int(Int32.max)).contains(warmup) else { return false }
        switch course {
        case .constant: return true
        case .step(let every, let factor):
            return (1...Int(Int32.max)).contains(every) && factor > 0 && factor <= 1
        case .cosine(let final): return final >= 0 && final <= 1
        }
    }

    /// Whether the factor of a round depends on how many there are in all.
    package var dependsOnRounds: Bool {
        if case .cosine(let final) = course { final < 1 } else { false }
    }

    /// The factor in round r, from 1, of `rounds`; beyond the last it is that of the last.
    public func factor(round: Int, of rounds: Int) -> Double {
        let round = max(1, min(round, rounds))
        guard round > warmup else { return Double(round) / Double(warmup) }
        let since = round - warmup - 1
        switch course {
        case .constant: return 1
        case .step(let every, let factor):
            // Multiplied one by one: the same bits whatever the machine's pow.
            var product = 1.0
            if factor < 1 { for _ in 0..<since / every { product *= factor } }
            return product
        case .cosine(let final):
            let part = Double(since) / Double(rounds - warmup)
            return final + (1 - final) * (1 + Self.cosine(ofHalfTurns: part)) / 2
        }
    }

    /// cos(πx) for x from 0 to 1, to 10⁻¹⁵: sums and products alone, so that each machine has the same
    /// bits.
    private static func cosine(ofHalfTurns x: Double) -> Double {
        guard x <= 0.5 else { return -cosine(ofHalfTurns: 1 - x) }
        let square = (Double.pi * x) * (Double.pi * x)
        var (sum, term) = (1.0, 1.0)
        // The first term left out is (π/2)²⁴ / 24!, below 10⁻¹⁸.
        for k in stride(from: 1.0, through: 21, by: 2) {
            term *= -square / (k * (k + 1))
            sum += term
        }
        return sum
    }
}

extension LearningRateSchedule: CustomStringConvertible {
    /// How it is written, for people who wrote it otherwise.
    public static let forms =
        "constant, step:ROUNDS:FACTOR, cosine or cosine:FINAL, each behind warmup:ROUNDS+ or not"

    /// The text that `init(_:)` reads as this schedule: "warmup:5+cosine:0.01".
    public var description: String {
        let rest: String? =
            switch course {
            case .constant: nil
            case .step(let every, let factor): "step:\(every):\(factor)"
            case .cosine(0): "cosine"
            case .cosine(let final): "cosine:\(final)"
            }
        let parts = [warmup > 0 ? "warmup:\(warmup)" : nil, rest].compactMap(\.self)
        return parts.isEmpty ? "constant" : parts.joined(separator: "+")
    }

    /// The schedule that a text means; nil where it means none.
    public init?(_ text: String) {
        var (warmup, course): (Int?, Course?) = (nil, nil)
        for part in text.lowercased().split(separator: "+", omittingEmptySubsequences: false) {
            let fields = part.split(separator: ":", omittingEmptySubsequences: false)
            switch (String(fields[0]), fields.count) {
            case ("warmup", 2):
                guard warmup == nil, course == nil, let rounds = Int(fields[1]), rounds > 0
                else { return nil }
                warmup = rounds
                continue
            case _ where course != nil: return nil
            case ("constant", 1): course = .constant
            case ("cosine", 1): course = .cosine(final: 0)
            case ("cosine", 2): course = Double(fields[1]).map { .cosine(final: $0) }
            case ("step", 3):
                guard let every = Int(fields[1]), let factor = Double(fields[2])
                else { return nil }
                course = .step(every: every, factor: factor)
            default: return nil
            }
            if course == nil { return nil }
        }
        guard Self.isPossible(warmup ?? 0, course ?? .constant) else { return nil }
        self.init(warmup: warmup ?? 0, course ?? .constant)
    }
}

extension LearningRateSchedule: Codable {
    /// Reads the text form from a single string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = LearningRateSchedule(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is none of \(Self.forms)")
        }
        self = value
    }

    /// Writes the text form as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
