import Federation

/// The 128 bytes before the parameters in a binary body, version 1; numbers are little-endian.
///
/// ```
///   0   8  magic: 89 46 45 44 0D 0A 1A 0A
///   8   2  version: 1
///  10   2  kind: 1 global model, 2 update
///  12   4  round: the update's, or how many rounds the global model has behind it
///  16  32  run: its name, then zeros
///  48   8  client: its id; 0 in a global model
///  56   8  samples: the update's weight; 0 in a global model
///  64   8  parameters: how many Floats follow
///  72   8  length: how many bytes follow, 4 a parameter
///  80  32  architecture: SHA-256, see ArchitectureDigest
/// 112  16  checksum of all bytes before it and of all parameters, see below
/// 128      parameters: float32, in the layout's order
/// ```
///
/// The magic's bytes show at once a body that was sent as text or cut to seven bits. The checksum
/// tells apart two uploads, too: the same checksum is the same update. It is the XXH3-128 of bytes 0 to
/// 111 and of the XXH3-128 of the parameters, both as 16 bytes with the highest first.
public struct ModelHeader: Hashable, Sendable {
    /// What a body holds.
    public enum Kind: UInt16, Hashable, Sendable {
        case globalModel = 1
        case update = 2
    }

    /// The version that this package writes and reads.
    public static let version: UInt16 = 1
    /// Bytes before the parameters.
    public static let byteCount = 128
    /// Parameters that a body may have: 2³¹ − 1.
    public static let parameterLimit = Int(Int32.max)

    static let magic: [UInt8] = [0x89, 0x46, 0x45, 0x44, 0x0D, 0x0A, 0x1A, 0x0A]

    /// What the body holds.
    public var kind: Kind
    /// The run.
    public var run: RunIdentifier
    /// The update's round, or how many rounds the global model has behind it.
    public var round: Int
    /// The client's id; 0 in a global model.
    public var client: Int
    /// The update's weight; 0 in a global model.
    public var sampleCount: Int
    /// How many Floats follow.
    public var parameterCount: Int
    /// The model that they are parameters of.
    public var architecture: ArchitectureDigest

    /// The header of the global model after `round` rounds.
    public static func globalModel(
        run: RunIdentifier, round: Int, parameterCount: Int, architecture: ArchitectureDigest
    ) -> ModelHeader {
        ModelHeader(
            kind: .globalModel, run: run, round: round, client: 0, sampleCount: 0,
            parameterCount: parameterCount, architecture: architecture)
    }

    /// The header of a client's update.
    public static func update(
        run: RunIdentifier, round: Int, client: Int, sampleCount: Int, parameterCount: Int,
        architecture: ArchitectureDigest
    ) -> ModelHeader {
        ModelHeader(
            kind: .update, run: run, round: round, client: client, sampleCount: sampleCount,
            parameterCount: parameterCount, architecture: architecture)
    }

    /// How many bytes follow.
    public var payloadByteCount: Int { parameterCount * MemoryLayout<Float>.size }

    /// Bytes of header and parameters: the body's Content-Length.
    public var bodyByteCount: Int { Self.byteCount + payloadByteCount }

    /// The bytes before the checksum.
    var bytes: [UInt8] {
        var bytes = Self.magic
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(Self.version)
        append(kind.rawValue)
        append(UInt32(round))
        bytes += run.text.utf8
        bytes += [UInt8](
            repeating: 0, count: RunIdentifier.byteLimit - run.text.utf8.count)
        append(UInt64(client))
        append(UInt64(sampleCount))
        append(UInt64(parameterCount))
        append(UInt64(payloadByteCount))
        bytes += architecture.bytes
        return bytes
    }

    /// The parts of a header, in their order.
    public enum Field: String, Hashable, Sendable, CaseIterable {
        case magic, version, kind, round, run, client, samples, parameters, length, architecture
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
            case .parameters: 64..<72
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
            case .run:
                return "“\(printable(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)))”"
            default: return "\(littleEndian(bytes))"
            }
        }
    }
}

/// The number that bytes stand for, the lowest first.
func littleEndian(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
