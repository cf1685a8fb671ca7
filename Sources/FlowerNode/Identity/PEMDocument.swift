import Foundation

/// Bytes as text between a line that says what they are and one that ends them (RFC 7468).
struct PEMDocument {
    var label: String
    var bytes: [UInt8]

    /// Without a line's end behind its last line.
    var text: String {
        let body = Data(bytes).base64EncodedString(
            options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----"
    }
}

extension PEMDocument {
    /// The one document of a text; nil where there is anything else in it.
    init?(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        let (start, end) = ("-----BEGIN ", "-----")
        guard lines.count > 2, lines[0].hasPrefix(start), lines[0].hasSuffix(end) else {
            return nil
        }
        label = String(lines[0].dropFirst(start.count).dropLast(end.count))
        guard lines.last == "-----END \(label)-----"[...],
            let data = Data(base64Encoded: lines[1..<(lines.count - 1)].joined())
        else { return nil }
        bytes = [UInt8](data)
    }
}
