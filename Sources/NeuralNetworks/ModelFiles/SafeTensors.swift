import Foundation
import Parameters
import Platform

/// Model files in the safetensors format: a JSON header, then the tensors as little-endian Floats.
///
/// The first 8 bytes are the header's length, little-endian; the header maps a tensor's name to its
/// `dtype` ("F32"), `shape` and `data_offsets`. Python's `safetensors` reads them.
public enum SafeTensors {
    /// The largest header that is read, as Python's library has it.
    static let headerLimit = 100_000_000

    /// The whole file.
    /// - Precondition: `parameters` has the layout's count.
    public static func encode(
        _ parameters: ParameterVector, layout: ParameterLayout, metadata: [String: String] = [:]
    ) -> Data {
        precondition(parameters.count == layout.count, "the layout is another model's")
        let width = MemoryLayout<Float>.size
        var header = "{"
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            header += "\"__metadata__\":{\(pairs.joined(separator: ","))},"
        }
        header += layout.entries.map { entry in
            let shape = entry.shape.map(String.init).joined(separator: ",")
            let range = "[\(entry.offset * width),\((entry.offset + entry.count) * width)]"
            return "\(quoted(entry.name)):"
                + "{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":\(range)}"
        }.joined(separator: ",")
        header += "}"
        // Spaces bring the tensors to a multiple of eight bytes.
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)

        var data = Data(capacity: 8 + header.utf8.count + layout.count * width)
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(contentsOf: header.utf8)
        parameters.withUnsafeBufferPointer { data.append(Data(buffer: $0)) }
        return data
    }

    /// Reads the parameters of a model with that layout; the tensors may stand in any order.
    public static func decode(
        _ data: Data, layout: ParameterLayout
    ) throws(SafeTensorsError) -> ParameterVector {
        let tensors = try header(of: data)
        let body = 8 + headerLength(data)
        var parameters = [Float](repeating: 0, count: layout.count)
        for entry in layout.entries {
            guard let tensor = tensors[entry.name] else { throw .missingTensor(entry.name) }
            guard tensor.dtype == "F32" else {
                throw .wrongType(tensor: entry.name, found: tensor.dtype)
            }
            guard tensor.shape == entry.shape else {
                throw .wrongShape(tensor: entry.name, found: tensor.shape, expected: entry.shape)
            }
            let offsets = tensor.dataOffsets
            guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0],
                offsets[1] - offsets[0] == entry.count * MemoryLayout<Float>.size,
                offsets[1] <= data.count - body
            else { throw .wrongOffsets(tensor: entry.name, found: offsets) }
            parameters.withUnsafeMutableBytes { bytes in
                let start = data.startIndex + body
                _ = data.copyBytes(
                    to: UnsafeMutableRawBufferPointer(
                        rebasing: bytes[entry.offset * 4..<(entry.offset + entry.count) * 4]),
                    from: start + offsets[0]..<start + offsets[1])
            }
        }
        return ParameterVector(parameters)
    }

    /// Writes the file whole or not at all, through to the disk.
    public static func write(
        _ parameters: ParameterVector, layout: ParameterLayout, metadata: [String: String] = [:],
        to url: URL
    ) throws {
        try encode(parameters, layout: layout, metadata: metadata).withUnsafeBytes { bytes in
            try OutputFile.write(bytes, to: url.path)
        }
    }

    struct Tensor: Decodable {
        let dtype: String
        let shape: [Int]
        let dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    /// A tensor, or `__metadata__`, which has other keys.
    private struct HeaderEntry: Decodable {
        let tensor: Tensor?

        init(from decoder: any Decoder) throws {
            tensor = try? Tensor(from: decoder)
        }
    }

    static func headerLength(_ data: Data) -> Int {
        data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    static func header(of data: Data) throws(SafeTensorsError) -> [String: Tensor] {
        guard data.count >= 8 else { throw .truncated(found: data.count, expected: 8) }
        guard data[data.startIndex + 7] < 0x80 else { throw .headerTooLarge }
        let length = headerLength(data)
        guard length <= headerLimit else { throw .headerTooLarge }
        guard data.count >= 8 + length else {
            throw .truncated(found: data.count, expected: 8 + length)
        }
        let json = data.dropFirst(8).prefix(length)
        guard let entries = try? JSONDecoder().decode([String: HeaderEntry].self, from: json) else {
            throw .headerIsNoJSON
        }
        return entries.compactMapValues(\.tensor)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// Why a file is no model of that architecture.
public enum SafeTensorsError: Error, Equatable, CustomStringConvertible {
    /// Fewer bytes than a file of that header has.
    case truncated(found: Int, expected: Int)
    /// A header beyond what is read into memory.
    case headerTooLarge
    /// A header that is not a JSON object of tensors.
    case headerIsNoJSON
    /// The architecture has a tensor that the file has not.
    case missingTensor(String)
    /// A tensor whose numbers are not F32.
    case wrongType(tensor: String, found: String)
    /// A tensor of another shape than the architecture's.
    case wrongShape(tensor: String, found: [Int], expected: [Int])
    /// A tensor whose bytes are not as many as its shape takes, or not in the file.
    case wrongOffsets(tensor: String, found: [Int])
    /// A tensor that a model could begin with, of numbers that are none of floating point.
    case unknownType(tensor: String, found: String)
    /// A number that is none, or that no Float holds, and its place in the tensor from 0.
    case notFinite(tensor: String, place: Int)

    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .truncated(let found, let expected):
            "the model file is cut short: it holds \(found) bytes of at least \(expected)"
        case .headerTooLarge:
            "the model file's header is longer than \(SafeTensors.headerLimit) bytes"
        case .headerIsNoJSON:
            "the model file's header is not the JSON of a safetensors file"
        case .missingTensor(let name):
            "the model file has no tensor “\(name)”"
        case .wrongType(let tensor, let found):
            "tensor “\(tensor)” of the model file is of type \(found), not F32"
        case .wrongShape(let tensor, let found, let expected):
            "tensor “\(tensor)” of the model file has the shape \(found), not \(expected)"
        case .wrongOffsets(let tensor, let found):
            "tensor “\(tensor)” of the model file cannot lie at the bytes \(found)"
        case .unknownType(let tensor, let found):
            "tensor “\(tensor)” of the model file is of type \(found.printable(limit: 20)): F32, F16, "
                + "BF16 or F64 was expected"
        case .notFinite(let tensor, let place):
            "tensor “\(tensor)” of the model file is no number at place \(place)"
        }
    }
}
