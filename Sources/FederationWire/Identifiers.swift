import Federation
import Foundation
import Platform

/// Names a run: 1 to 32 letters, digits, hyphens, underscores and points, the first none of points.
public struct RunIdentifier: Hashable, Sendable, CustomStringConvertible {
    /// Bytes it may have.
    static let byteLimit = 32
    static let expected = "1 to 32 letters, digits, “-”, “_” and “.”, not beginning with “.”"

    /// As it stands in paths and messages.
    public let text: String

    /// nil where the text is no name of a run.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard (1...Self.byteLimit).contains(bytes.count), bytes[0] != UInt8(ascii: "."),
            bytes.allSatisfy(Self.isAllowed)
        else { return nil }
        self.text = String(text)
    }

    /// From a path's segment.
    /// - Throws: `APIError` with the code `unknown_run`.
    public init(pathSegment: some StringProtocol) throws(APIError) {
        guard let run = RunIdentifier(pathSegment) else {
            throw APIError(
                .unknownRun,
                "“\(printable(pathSegment))” names no run: expected \(Self.expected)")
        }
        self = run
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Its text.
    public var description: String { text }
}

/// A client's number as a path has it.
public enum ClientNumber {
    /// Ids that there are: 0…K − 1 of K clients.
    public static let allowed = 0...Int(Int32.max) - 1

    /// Reads digits: no sign, no space, no leading zero.
    /// - Throws: `APIError` with the code `invalid_client`.
    public static func parse(_ text: some StringProtocol) throws(APIError) -> Int {
        guard let client = wholeNumber(text), allowed.contains(client) else {
            throw APIError(
                .invalidClient,
                "“\(printable(text))” is no client's id: expected a whole number from 0",
                expected: "a whole number from 0", got: .string(printable(text)))
        }
        return client
    }
}

/// How many training samples a client has.
public enum SampleCount {
    /// Numbers that an exact average can weigh with: 1 to 2²⁹ − 1.
    public static let allowed = 1...ExactAccumulator.sampleCountLimit - 1

    /// Reads digits: no sign, no space, no leading zero.
    /// - Throws: `APIError` with the code `invalid_sample_count`.
    public static func parse(_ text: some StringProtocol) throws(APIError) -> Int {
        guard let count = wholeNumber(text), allowed.contains(count) else {
            let expected = "a whole number from 1 to \(allowed.upperBound)"
            throw APIError(
                .invalidSampleCount,
                "“\(printable(text))” is no number of samples: expected \(expected)",
                expected: .string(expected), got: .string(printable(text)))
        }
        return count
    }
}

/// 1 to 18 digits, the first of several not 0.
func wholeNumber(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard (1...18).contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }),
        digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { return nil }
    return Int(text)
}

/// SHA-256 of an architecture: server and client have the same model if it is the same.
public struct ArchitectureDigest: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// The digest of what a value encodes as, its keys in order.
    /// - Throws: what `JSONEncoder` throws.
    public init(of architecture: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        bytes = SHA256.digest(of: try encoder.encode(architecture))
    }

    /// 64 hexadecimal digits; nil for any other text.
    public init?(hexadecimal: some StringProtocol) {
        let digits = Array(hexadecimal.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for pair in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(digits[pair]), let low = Self.value(digits[pair + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// 64 lower-case digits.
    public var hexadecimal: String { Platform.hexadecimal(bytes) }

    /// Its hexadecimal digits.
    public var description: String { hexadecimal }
}
