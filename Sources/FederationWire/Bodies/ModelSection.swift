/// One row of a body's table: 48 bytes.
///
/// ```
///  0  24  name, then zeros
/// 24   8  encoding, then zeros
/// 32   8  count: how many Floats it holds
/// 40   8  length: how many bytes it takes
/// ```
///
/// Sections' contents follow the table in its order, with nothing between them. The first is the vector
/// that the body is about; the second, of updates alone, may be a report.
public struct ModelSection: Hashable, Sendable {
    /// What a section holds.
    public enum Name: String, Hashable, Sendable {
        /// A model.
        case model
        /// How far an update moves the global model.
        case change
        /// c − c_i.
        case correction
        /// An `UpdateReport`, encoded as `json`; it has no Floats.
        case report
    }

    /// The parts of a row, in their order.
    public enum Field: String, Hashable, Sendable, CaseIterable {
        /// What it holds.
        case name
        /// How its Floats are written.
        case encoding
        /// How many Floats it has.
        case count
        /// How many bytes they take.
        case length

        /// Where it stands in the row.
        var range: Range<Int> {
            switch self {
            case .name: 0..<24
            case .encoding: 24..<32
            case .count: 32..<40
            case .length: 40..<48
            }
        }
    }

    static let byteCount = 48
    static let reportEncoding = "json"

    var name: Name
    var encoding: String
    var count: Int
    var length: Int

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(name.rawValue, paddedTo: Field.name.range.count)
        bytes.append(encoding, paddedTo: Field.encoding.range.count)
        bytes.append(littleEndian: UInt64(count))
        bytes.append(littleEndian: UInt64(length))
        return bytes
    }
}

extension ModelHeader.Kind {
    /// What the vector of such a body may be.
    var vectorNames: [ModelSection.Name] {
        switch self {
        case .globalModel: [.model]
        case .update: [.model, .change]
        case .correction: [.correction]
        }
    }

    /// How many sections such a body may have.
    var sectionCounts: ClosedRange<Int> { self == .update ? 1...2 : 1...1 }
}
