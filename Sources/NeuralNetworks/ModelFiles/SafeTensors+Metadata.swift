import Foundation

extension SafeTensors {
    /// What a file says of itself beside its tensors: texts by name; empty where it says nothing.
    /// - Throws: `SafeTensorsError` where it is no such file.
    public static func metadata(of data: Data) throws(SafeTensorsError) -> [String: String] {
        _ = try header(of: data)
        let json = data.dropFirst(8).prefix(headerLength(data))
        return (try? JSONDecoder().decode(Described.self, from: json))?.metadata ?? [:]
    }

    private struct Described: Decodable {
        let metadata: [String: String]?

        enum CodingKeys: String, CodingKey {
            case metadata = "__metadata__"
        }
    }
}

extension SafeTensors {
    /// The shapes of a file's tensors, by their names.
    /// - Throws: `SafeTensorsError` where it is no such file.
    public static func shapes(of data: Data) throws(SafeTensorsError) -> [String: [Int]] {
        try header(of: data).mapValues(\.shape)
    }
}
