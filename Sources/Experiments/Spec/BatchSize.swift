/// B as an option: a number, or "all" for B = ∞.
public enum BatchSize: Hashable, Sendable {
    /// So many samples, or what is left of them.
    case samples(Int)
    /// All samples of the client at once.
    case all

    /// nil for all.
    public var count: Int? { if case .samples(let count) = self { count } else { nil } }
}

extension BatchSize {
    /// Reads a number or “all”.
    public init?(argument: String) {
        if argument.lowercased() == "all" {
            self = .all
        } else if let count = Int(argument) {
            self = .samples(count)
        } else {
            return nil
        }
    }
}

extension BatchSize: CustomStringConvertible {
    /// As it is typed.
    public var description: String { count.map { "\($0)" } ?? "all" }
}

/// A number, or the word.
extension BatchSize: Codable {
    /// Reads a number or the word.
    public init(from decoder: any Decoder) throws {
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

    /// Writes a number or the word.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let count { try container.encode(count) } else { try container.encode("all") }
    }
}
