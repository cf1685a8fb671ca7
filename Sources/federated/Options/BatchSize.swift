import ArgumentParser

/// B as an option: a number, or "all" for B = ∞.
package enum BatchSize: Hashable, Sendable {
    case samples(Int)
    case all

    /// nil for all.
    package var count: Int? { if case .samples(let count) = self { count } else { nil } }
}

extension BatchSize: ExpressibleByArgument {
    package init?(argument: String) {
        if argument.lowercased() == "all" {
            self = .all
        } else if let count = Int(argument) {
            self = .samples(count)
        } else {
            return nil
        }
    }

    package var defaultValueDescription: String { "\(self)" }
}

extension BatchSize: CustomStringConvertible {
    package var description: String { count.map { "\($0)" } ?? "all" }
}

/// A number, or the word.
extension BatchSize: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let count = try? container.decode(Int.self) {
            self = .samples(count)
        } else if try container.decode(String.self) == "all" {
            self = .all
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a batch is a number or “all”")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let count { try container.encode(count) } else { try container.encode("all") }
    }
}
