import ArgumentParser
import Parameters

/// How many clients a round is meant for: a number ("10"), or with a decimal point a fraction C of all
/// ("0.1"; "1.0" is all, "0.0" is one client).
package enum CohortSize: Hashable, Sendable {
    case count(Int)
    case fraction(Double)

    /// The number, where it is one.
    var count: Int? { if case .count(let count) = self { count } else { nil } }

    /// m = max(⌊C · K + ½⌋, 1), or the number itself.
    ///
    /// Source: McMahan et al. 2017, Algorithm 1.
    package func resolved(of population: Int) -> Int {
        switch self {
        case .count(let count): count
        case .fraction(let part): max(DecimalShare.nearest(part, of: population), 1)
        }
    }
}

extension CohortSize: ExpressibleByArgument {
    package init?(argument: String) {
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
    package var description: String {
        switch self {
        case .count(let count): "\(count)"
        case .fraction(let part): "\(part)"
        }
    }
}

/// A number: a whole one is a count, any other a fraction. JSON does not tell 1 from 1.0, so that the
/// fractions 0.0 and 1.0 are texts, as all cohorts were once.
extension CohortSize: Codable {
    package init(from decoder: any Decoder) throws {
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

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .count(let count): try container.encode(count)
        case .fraction(let part) where part != part.rounded(): try container.encode(part)
        case .fraction: try container.encode(description)
        }
    }
}
