import ArgumentParser
import Tensors

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

/// As it is typed: JSON does not tell 1 from 1.0.
extension CohortSize: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let size = CohortSize(argument: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is no cohort")
        }
        self = size
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
