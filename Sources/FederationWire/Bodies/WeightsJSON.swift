import Federation
import JSON
import Parameters

/// A model as JSON: a list of nested lists, one per tensor in the layout's order and shape.
public enum WeightsJSON {
    /// Bytes that a body may have: 32 for each number, and as many for each list.
    ///
    /// A Double's longest text has 24 bytes, so that is room for any program's numbers with commas
    /// and spaces.
    public static func byteLimit(_ layout: ParameterLayout) -> Int {
        let lists = layout.entries.reduce(1) { sum, entry in
            var rows = 1
            var count = 1
            for size in entry.shape.dropLast() {
                rows *= size
                count += rows
            }
            return sum + count
        }
        return 32 * (layout.count + lists) + 4096
    }

    /// The model as text: each number the shortest that reads back as the same bits.
    /// - Precondition: `parameters` has the layout's count, and all are finite.
    public static func encode(_ parameters: ParameterVector, layout: ParameterLayout) -> [UInt8] {
        precondition(parameters.count == layout.count, "the layout is another model's")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 * layout.count)
        var writer = JSONWriter { (chunk: [UInt8]) throws(Never) in bytes += chunk }
        writer.raw("[")
        for (index, entry) in layout.entries.enumerated() {
            if index > 0 { writer.raw(", ") }
            parameters.withUnsafeBufferPointer {
                writer.nestedFloats($0[entry.range], shape: entry.shape[...])
            }
        }
        writer.raw("]")
        writer.finish()
        return bytes
    }

    /// Reads a model.
    ///
    /// Every number becomes the nearest Float, ties to even. Memory is the model's, however the text
    /// is made; lists deeper or longer than the layout's are refused where they begin to be.
    /// - Throws: `WeightsError`.
    public static func decode(
        _ bytes: [UInt8], layout: ParameterLayout
    ) throws(WeightsError) -> ParameterVector {
        var result = Result<Void, WeightsError>.success(())
        let parameters = ParameterVector(count: layout.count) { target in
            var reader = WeightsReader(bytes, target: target)
            result = Result { () throws(WeightsError) in try reader.read(layout) }
        }
        try result.get()
        return parameters
    }
}

/// Why a JSON text is not the model that was expected.
public enum WeightsError: Error, Hashable, Sendable {
    /// The text is no JSON there.
    case malformed(JSONError)
    /// The list of tensors is of another length; `found` counts the first one too many.
    case wrongTensorCount(found: Int, expected: Int)
    /// Another thing stands where a list or number of a tensor must be.
    case wrongShape(tensor: String, place: [Int], shape: [Int], expected: String, found: String)
    /// A number is NaN, infinite, or too large for a Float.
    case notFinite(tensor: String, place: [Int], found: String)
}

extension WeightsError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .malformed(let error): "\(error)"
        case .wrongTensorCount(let found, let expected):
            found > expected
                ? "the list has more than \(expected) tensors: expected \(expected)"
                : "the list has \(found) tensors: expected \(expected)"
        case .wrongShape(let tensor, let place, let shape, let expected, let found):
            "\(Self.name(tensor, place)) is \(found): expected \(expected), "
                + "the tensor's shape is \(shape)"
        case .notFinite(let tensor, let place, let found):
            "\(Self.name(tensor, place)) is \(found): expected a finite number"
        }
    }

    private static func name(_ tensor: String, _ place: [Int]) -> String {
        tensor + place.map { "[\($0)]" }.joined()
    }

    /// The error as both APIs answer with it.
    public var apiError: APIError {
        switch self {
        case .malformed:
            APIError(.malformedJSON, description)
        case .wrongTensorCount(let found, let expected):
            APIError(
                .wrongShape, description, expected: .integer(expected), got: .integer(found))
        case .wrongShape(_, _, _, let expected, let found):
            APIError(
                .wrongShape, description, expected: .string(expected), got: .string(found))
        case .notFinite(_, _, let found):
            APIError(.notFinite, description, expected: "a finite number", got: .string(found))
        }
    }
}
