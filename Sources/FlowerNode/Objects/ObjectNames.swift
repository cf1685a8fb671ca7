import Foundation

/// The body of a record of records or of arrays: a JSON object from names to ids, whose order counts.
///
/// Flower's arrays are in the order of their record, which a decoder into a dictionary would lose.
package enum ObjectNames {
    /// The pairs in the order in which they stand; nil for anything but one flat JSON object with
    /// texts as values.
    package static func decode(_ json: Data) -> [(name: String, id: String)]? {
        var reader = Reader(bytes: Array(json))
        var pairs: [(name: String, id: String)] = []
        var names: Set<String> = []
        guard reader.skip("{") else { return nil }
        if reader.skip("}") { return reader.isAtEnd ? pairs : nil }
        repeat {
            guard let name = reader.text(), reader.skip(":"), let id = reader.text(),
                names.insert(name).inserted
            else { return nil }
            pairs.append((name, id))
        } while reader.skip(",")
        return reader.skip("}") && reader.isAtEnd ? pairs : nil
    }

    /// As `decode` reads it.
    package static func encode(_ pairs: [(name: String, id: String)]) -> Data {
        let items = pairs.map { "\(quoted($0.name)): \(quoted($0.id))" }
        return Data("{\(items.joined(separator: ", "))}".utf8)
    }

    private static func quoted(_ text: String) -> String {
        // A text is always JSON, and JSON's escapes are the encoder's to know.
        let json = (try? JSONEncoder().encode(text)) ?? Data("\"\"".utf8)
        return String(decoding: json, as: UTF8.self)
    }

    private struct Reader {
        let bytes: [UInt8]
        var place = 0

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return place == bytes.count
            }
        }

        mutating func skipSpace() {
            while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) {
                place += 1
            }
        }

        /// Whether that character was next.
        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
            place += 1
            return true
        }

        /// A text in quotes.
        mutating func text() -> String? {
            skipSpace()
            let start = place
            guard skip("\"") else { return nil }
            while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
                place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard place < bytes.count else { return nil }
            place += 1
            return try? JSONDecoder().decode(String.self, from: Data(bytes[start..<place]))
        }
    }
}
