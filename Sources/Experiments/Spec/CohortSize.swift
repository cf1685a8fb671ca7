import Parameters

/// How many clients a round is meant for: a number ("10"), or with a decimal point a fraction C of all
/// ("0.1"; "1.0" is all, "0.0" is one client).
public enum CohortSize: Hashable, Sendable {
    /// So many clients.
    case count(Int)
    /// C: round(C · K) of K clients, one at least.
    case fraction(Double)

    /// The number, where it is one.
    public var count: Int? { if case .count(let count) = self { count } else { nil } }

    /// m = max(⌊C · K + ½⌋, 1), or the number itself.
    ///
    /// Source: McMahan et al. 2017, Algorithm 1.
    public func resolved(of population: Int) -> Int {
        switch self {
        case .count(let count): count
        case .fraction(let part): max(DecimalShare.nearest(part, of: population), 1)
        }
    }
}

extension CohortSize {
    /// Reads a number, or with a decimal point a fraction.
    public init?(argument: String) {
        if let count = Int(argument) {
            self = .count(count)
        } else if let part = Double(argument), part.isFinite {
            self = .fraction(part)
        } else {
            return nil
        }
    }
}

extension CohortSize: CustomStringConvertible {
    /// As it is typed.
    public var description: String {
        switch self {
        case .count(let count): "\(count)"
        case .fraction(let part): "\(part)"
        }
    }
}

/// A number: a whole one is a count, any other a fraction. JSON does not tell 1 from 1.0, so that the
/// fractions 0.0 and 1.0 are texts, as all cohorts were once.
extension CohortSize: Codable {
    /// Reads a number, or a text of one.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let count = try? container.decode(Int.self) {
            self = .count(count)
            return
        }
        if let part = try? container.decode(Double.self) {
            self = .fraction(part)
            return
        }
        let text = try container.decode(String.self)
        guard let size = CohortSize(argument: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is no cohort")
        }
        self = size
    }

    /// Writes a number, or a text where JSON would not tell a fraction from a count.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .count(let count): try container.encode(count)
        case .fraction(let part) where part != part.rounded(): try container.encode(part)
        case .fraction: try container.encode(description)
        }
    }
}
