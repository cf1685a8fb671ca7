import Federation
import Platform

/// The 128 bytes at the beginning of a binary body, version 2; numbers are little-endian.
///
/// ```
///   0   8  magic: 89 46 45 44 0D 0A 1A 0A
///   8   2  version: 2
///  10   2  kind: 1 global model, 2 update, 3 correction
///  12   4  round: the update's, or how many rounds the model or correction has behind it
///  16  32  run: its name, then zeros
///  48   8  client: its id; 0 in a global model
///  56   8  samples: how many the update is made of; 0 in others
///  64   4  sections: how many
///  68   4  zeros
///  72   8  length: how many bytes follow
///  80  32  architecture: SHA-256, see ArchitectureDigest
/// 112  16  checksum of all bytes before it and all that follow, see below
/// 128      a table with 48 bytes a section, see ModelSection; then their contents
/// ```
///
/// The magic's bytes show at once a body that was sent as text or cut to seven bits. The checksum
/// tells apart two uploads, too: the same checksum is the same update. It is the XXH3-128 of bytes 0 to
/// 111 and of the XXH3-128 of all bytes from 128 on, both as 16 bytes with the highest first.
public struct ModelHeader: Hashable, Sendable {
    /// What a body holds.
    public enum Kind: UInt16, Hashable, Sendable {
        /// The model that clients train from.
        case globalModel = 1
        /// What a client has made of it.
        case update = 2
        /// c − c_i, by which a client corrects its steps.
        case correction = 3
    }

    /// The version that this package writes and reads.
    public static let version: UInt16 = 2
    /// Its bytes.
    public static let byteCount = 128
    /// Parameters that a model may have: 2³¹ − 1.
    public static let parameterLimit = Int(Int32.max)

    static let magic: [UInt8] = [0x89, 0x46, 0x45, 0x44, 0x0D, 0x0A, 0x1A, 0x0A]

    /// What the body holds.
    public var kind: Kind
    /// The run.
    public var run: RunIdentifier
    /// The update's round, or how many rounds the global model or the correction has behind it.
    public var round: Int
    /// The client's id; 0 in a global model.
    public var client: Int
    /// n_i of an update; 0 in others.
    public var sampleCount: Int
    /// The model that it is about.
    public var architecture: ArchitectureDigest
    /// How many sections follow; 0 before they are known.
    public internal(set) var sectionCount = 0
    /// How many bytes follow: the table and what the sections hold; 0 before they are known.
    public internal(set) var contentByteCount = 0

    /// The header of the global model after `round` rounds.
    public static func globalModel(
        run: RunIdentifier, round: Int, architecture: ArchitectureDigest
    ) -> ModelHeader {
        ModelHeader(
            kind: .globalModel, run: run, round: round, client: 0, sampleCount: 0,
            architecture: architecture)
    }

    /// The header of a client's update.
    public static func update(
        run: RunIdentifier, round: Int, client: Int, sampleCount: Int,
        architecture: ArchitectureDigest
    ) -> ModelHeader {
        ModelHeader(
            kind: .update, run: run, round: round, client: client, sampleCount: sampleCount,
            architecture: architecture)
    }

    /// The header of a client's correction after `round` rounds.
    public static func correction(
        run: RunIdentifier, round: Int, client: Int, architecture: ArchitectureDigest
    ) -> ModelHeader {
        ModelHeader(
            kind: .correction, run: run, round: round, client: client, sampleCount: 0,
            architecture: architecture)
    }

    /// Bytes of the whole body: its Content-Length.
    public var bodyByteCount: Int { Self.byteCount + contentByteCount }

    /// The bytes before the checksum.
    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: kind.rawValue)
        bytes.append(littleEndian: UInt32(round))
        bytes.append(run.text, paddedTo: RunIdentifier.byteLimit)
        bytes.append(littleEndian: UInt64(client))
        bytes.append(littleEndian: UInt64(sampleCount))
        bytes.append(littleEndian: UInt32(sectionCount))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt64(contentByteCount))
        bytes += architecture.bytes
        return bytes
    }

    /// The parts of a header, in their order.
    public enum Field: String, Hashable, Sendable, CaseIterable {
        /// Eight bytes that say what the body is.
        case magic
        /// Of the format.
        case version
        /// What the body is: `ModelHeader.Kind`.
        case kind
        /// The round.
        case round
        /// The run's name.
        case run
        /// The client's id.
        case client
        /// Its samples.
        case samples
        /// How many sections there are.
        case sections
        /// Nothing: zeros.
        case padding
        /// Bytes behind the header.
        case length
        /// The digest of the architecture.
        case architecture
        /// Of all other bytes: see `ModelHeader`.
        case checksum

        /// Where it stands.
        public var range: Range<Int> {
            switch self {
            case .magic: 0..<8
            case .version: 8..<10
            case .kind: 10..<12
            case .round: 12..<16
            case .run: 16..<48
            case .client: 48..<56
            case .samples: 56..<64
            case .sections: 64..<68
            case .padding: 68..<72
            case .length: 72..<80
            case .architecture: 80..<112
            case .checksum: 112..<128
            }
        }

        /// The field that byte `position` belongs to.
        static func at(_ position: Int) -> Field {
            // A position below 128 is in one of them.
            allCases.first { $0.range.contains(position) } ?? .checksum
        }

        /// The field's bytes as an error names them.
        func shown(_ bytes: some Collection<UInt8>) -> String {
            guard bytes.count == range.count else {
                return "0x" + hexadecimal(bytes) + "…"
            }
            switch self {
            case .magic, .architecture, .checksum: return "0x" + hexadecimal(bytes)
            case .run: return quotedText(bytes)
            default: return "\(littleEndian(bytes))"
            }
        }
    }
}

/// The number that bytes stand for, the lowest first.
func littleEndian(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// A text that zeros follow, as an error names it.
func quotedText(_ bytes: some Collection<UInt8>) -> String {
    "“\(printable(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)))”"
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// - Precondition: the text has at most `width` bytes.
    mutating func append(_ text: String, paddedTo width: Int) {
        append(contentsOf: text.utf8)
        append(contentsOf: repeatElement(0, count: width - text.utf8.count))
    }
}
