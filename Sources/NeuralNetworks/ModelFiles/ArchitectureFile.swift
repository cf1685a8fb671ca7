import JSON
import Platform

/// A network as a file has it: its layers, and the shape of its input where the file says one.
///
/// ```json
/// {"input": [28, 28, 1],
///  "layers": [{"layer": "convolution", "filters": 32, "kernel": 3, "activation": "relu"},
///             {"layer": "flatten"}, {"layer": "dense", "units": 10}]}
/// ```
///
/// A Keras `Sequential`'s `to_json()` is read, too. A file is read strictly: what it has and no layer
/// knows is refused.
public struct ArchitectureFile: Hashable, Sendable {
    /// What a sample looks like; nil where the data say it.
    public var input: FeatureShape?
    /// The layers, from the input to the logits.
    public var layers: [Layer]
    /// Sentences on what reading has left out, as the softmax of a Keras model, which belongs to the loss.
    public var notes: [String]

    /// Bytes that a file may have.
    static let byteLimit = 1 << 24
    /// Floats of a model from a file, at most: 8 GiB.
    static let parameterLimit = Int(Int32.max)

    /// A network of these layers.
    public init(input: FeatureShape? = nil, layers: [Layer], notes: [String] = []) {
        self.input = input
        self.layers = layers
        self.notes = notes
    }

    /// Of an architecture that there is.
    public init(_ architecture: Architecture) {
        self.init(input: architecture.input, layers: architecture.layers)
    }

    /// Reads a file: the project's own JSON, or a Keras `Sequential`'s.
    /// - Throws: `ArchitectureFileError`.
    public init(path: String) throws(ArchitectureFileError) {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try InputFile.read(path, byteLimit: Self.byteLimit)
        } catch {
            throw ArchitectureFileError(path, .unreadable(error.reason))
        }
        try self.init(text: bytes, name: path)
    }

    /// Reads the text of such a file.
    /// - Parameter name: what errors call it.
    /// - Throws: `ArchitectureFileError`.
    public init(text: [UInt8], name: String) throws(ArchitectureFileError) {
        let json: JSONValue
        do throws(JSONError) {
            // The scanner bounds how deep lists and objects lie in each other.
            json = try JSONValue(decoding: text)
        } catch {
            throw ArchitectureFileError(name, .noJSON(error))
        }
        try self.init(json, name: name)
    }

    /// Reads what such a file holds.
    /// - Parameter name: what errors call it.
    /// - Throws: `ArchitectureFileError`; also where its layers don't fit its input.
    public init(_ json: JSONValue, name: String) throws(ArchitectureFileError) {
        do throws(ArchitectureFileError.Reason) {
            guard case .object(let members) = json else {
                throw .noArchitecture(
                    "an object with a list of layers was expected, not \(json.brief)")
            }
            if members["class_name"] != nil {
                try self.init(KerasFile(members))
            } else {
                try self.init(members)
            }
        } catch {
            throw ArchitectureFileError(name, error)
        }
    }

    private init(_ members: [String: JSONValue]) throws(ArchitectureFileError.Reason) {
        for key in members.keys.sorted() where !["input", "layers", "notes"].contains(key) {
            throw .noArchitecture(
                "“\(key.printable(limit: 40))” is no key of it: they are input and layers")
        }
        guard let list = members["layers"] else { throw .noArchitecture("“layers” is missing") }
        var shape: FeatureShape?
        if let json = members["input"], json != .null { shape = try Self.shape(json) }
        var reader = LayerReader()
        self.init(
            input: shape, layers: try reader.layers(list, place: ""),
            notes: try Self.notes(members["notes"]))
        do throws(ArchitectureError) {
            try check()
        } catch {
            throw .architecture(error)
        }
    }

    private init(_ keras: KerasFile) throws(ArchitectureFileError.Reason) {
        var layers: [Layer] = []
        var reader = LayerReader()
        for place in keras.layers { layers.append(try reader.layer(place)) }
        self.init(input: keras.input, layers: layers, notes: keras.notes)
        do throws(ArchitectureError) {
            try check()
        } catch {
            throw keras.placed(error)
        }
    }

    /// Refuses layers that don't fit the input, where there is one.
    private func check() throws(ArchitectureError) {
        if let input { _ = try architecture(for: input) }
    }

    private static func shape(
        _ json: JSONValue
    ) throws(ArchitectureFileError.Reason) -> FeatureShape {
        guard let sizes = json.sizes, let shape = FeatureShape(sizes: sizes) else {
            throw .noArchitecture(
                "“input” is \(json.brief): [H, W, C] or [F] was expected, whole numbers of at least 1"
            )
        }
        return shape
    }

    /// At most so many sentences are kept with a model.
    private static let noteLimit = 16

    private static func notes(
        _ json: JSONValue?
    ) throws(ArchitectureFileError.Reason) -> [String] {
        guard let json, json != .null else { return [] }
        guard case .array(let list) = json, list.count <= noteLimit else {
            throw .noArchitecture("“notes” is \(json.brief): a list of sentences was expected")
        }
        return list.compactMap {
            if case .string(let text) = $0 { text.printable(limit: 300) } else { nil }
        }
    }

    // MARK: What it is of

    /// The architecture on samples of that shape, whatever the file says of its input.
    /// - Throws: `ArchitectureError`, which names the layer's place, also beyond 2³¹ − 1 parameters.
    public func architecture(for shape: FeatureShape) throws(ArchitectureError) -> Architecture {
        let architecture = try Architecture(input: shape, layers)
        var count = 0
        for row in architecture.listedLayers {
            count += row.parameterCount
            guard count <= Self.parameterLimit else {
                throw .layer(
                    row.place, kind: row.kind,
                    .other(
                        "with it the model has \(Text.count(count)) parameters, and "
                            + "\(Text.count(Self.parameterLimit)) at most are read"))
            }
        }
        return architecture
    }

    // MARK: Writing

    /// Its JSON: input, layers with all their sizes, and notes.
    /// - Throws: what a layer's `encode(to:)` throws.
    public func json() throws -> JSONValue {
        var members: [String: JSONValue] = [
            "layers": .array(try layers.map { try JSONValue(encoding: $0) })
        ]
        members["input"] = input.map { .array($0.sizes.map(JSONValue.integer)) }
        if !notes.isEmpty { members["notes"] = .array(notes.map(JSONValue.string)) }
        return .object(members)
    }

    /// A file's text: the input, and a line for each layer.
    /// - Throws: what a layer's `encode(to:)` throws.
    public func text() throws -> String {
        var text = "{\n"
        if let input {
            text += "  \"input\": [\(input.sizes.map(String.init).joined(separator: ", "))],\n"
        }
        let lines = try layers.map { "    " + Self.line(try JSONValue(encoding: $0)) }
        return text + "  \"layers\": [\n" + lines.joined(separator: ",\n") + "\n  ]\n}\n"
    }

    /// A layer in one line, its kind first.
    private static func line(_ json: JSONValue) -> String {
        switch json {
        case .object(var members):
            let kind = members.removeValue(forKey: "layer").map { [("layer", $0)] } ?? []
            let rest = kind + members.sorted { $0.key < $1.key }
            return "{" + rest.map { "\"\($0)\": \(line($1))" }.joined(separator: ", ") + "}"
        case .array(let list): return "[" + list.map(line).joined(separator: ", ") + "]"
        default: return String(decoding: json.encoded(), as: UTF8.self)
        }
    }
}

extension JSONValue {
    /// The value as an error names it, in one short line.
    var brief: String {
        if case .string(let text) = self { return "“\(text.printable(limit: 40))”" }
        return String(decoding: encoded(), as: UTF8.self).printable(limit: 40)
    }

    /// Whole numbers of at least 1; nil for anything else.
    var sizes: [Int]? {
        guard case .array(let list) = self else { return nil }
        let sizes = list.compactMap { json -> Int? in
            if case .integer(let size) = json, size >= 1 { size } else { nil }
        }
        return sizes.count == list.count ? sizes : nil
    }
}
