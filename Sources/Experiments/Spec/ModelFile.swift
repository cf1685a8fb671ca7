import Glibc
import JSON
import NeuralNetworks
import Platform

/// A network from a file, and what the file was called.
public struct ModelFile: Hashable, Sendable {
    /// The file's name without its folder.
    public let name: String
    /// Its layers.
    public let contents: ArchitectureFile
    /// All of it, as logs and stores have it: name, input, layers, notes.
    let json: JSONValue

    /// A network by that name.
    public init(_ contents: ArchitectureFile, name: String) {
        self.name = name.printable(byteLimit: Self.nameLimit)
        self.contents = contents
        // A layer that cannot write itself down is a program's own, which has it.
        var members = (try? contents.json())?.members ?? [:]
        members["name"] = .string(self.name)
        json = .object(members)
    }

    /// Bytes of a name: a server sends no longer texts.
    private static let nameLimit = 100

    /// Whether a word means a file: it has a folder, ends in .json, or is there.
    static func isPath(_ word: String) -> Bool {
        word.contains("/") || word.lowercased().hasSuffix(".json")
            || !word.isEmpty && access(word, F_OK) == 0
    }

    /// Reads a file of this project's, or of Keras's.
    /// - Throws: `ArchitectureFileError`.
    public init(path: String) throws(ArchitectureFileError) {
        self.init(
            try ArchitectureFile(path: path),
            name: path.split(separator: "/").last.map(String.init) ?? path)
    }

    /// Reads such a file's text.
    init(text: String) throws(ArchitectureFileError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(decoding: Array(text.utf8))
        } catch {
            // The sentence is the file's reader's.
            _ = try ArchitectureFile(text: Array(text.utf8), name: Self.unnamed)
            json = .null
        }
        try self.init(json)
    }

    /// Reads what a log has of it, or a spec's author has written.
    init(_ json: JSONValue) throws(ArchitectureFileError) {
        var members = json.members
        var name = Self.unnamed
        if case .string(let text)? = members.removeValue(forKey: "name") { name = text }
        self.init(try ArchitectureFile(.object(members), name: name), name: name)
    }

    private static let unnamed = "the model"

    // MARK: What tells files apart

    /// The first eight digits of the SHA-256 of input and layers.
    public var digest: String { Self.digest(json.members) }

    private static func digest(_ members: [String: JSONValue]) -> String {
        let own = members.filter { ["input", "layers"].contains($0.key) }
        return String(SHA256.hexadecimal(of: JSONValue.object(own).encoded()).prefix(8))
    }

    /// "mine.json#1f3a9c02" of a model's JSON; nil of any other.
    static func words(of json: JSONValue) -> String? {
        guard case .object(let members) = json, case .string(let name)? = members["name"],
            members["layers"] != nil
        else { return nil }
        return "\(name)#\(digest(members))"
    }

    // MARK: What it is on data

    /// The network for samples of that shape.
    /// - Parameter outputs: how many there are to be; nil for any.
    /// - Throws: `ModelError`.
    func architecture(input: FeatureShape, outputs: Int?) throws(ModelError) -> Architecture {
        var layers = contents.layers
        if let own = contents.input, own != input {
            guard own.count == input.count else {
                throw .otherInput(name, own, data: input)
            }
            layers.insert(.reshape(own), at: 0)
        }
        let architecture: Architecture
        do throws(ArchitectureError) {
            architecture = try ArchitectureFile(layers: layers).architecture(for: input)
        } catch {
            throw .architecture(name, error)
        }
        if let outputs, architecture.classCount != outputs {
            throw .otherOutputs(name, architecture.classCount, wanted: outputs)
        }
        return architecture
    }
}

extension ModelFile: Codable {
    private enum CodingKeys: CodingKey { case name, input, layers, notes }

    /// Reads what `encode` wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            ArchitectureFile(
                input: try container.decodeIfPresent(FeatureShape.self, forKey: .input),
                layers: try container.decode([Layer].self, forKey: .layers),
                notes: try container.decodeIfPresent([String].self, forKey: .notes) ?? []),
            name: try container.decode(String.self, forKey: .name))
    }

    /// Writes all of it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(contents.input, forKey: .input)
        try container.encode(contents.layers, forKey: .layers)
        if !contents.notes.isEmpty { try container.encode(contents.notes, forKey: .notes) }
    }
}

/// Why a model from a file does not fit the data; one sentence.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Samples of another size than the file says.
    case otherInput(String, FeatureShape, data: FeatureShape)
    /// Layers that can't take these samples.
    case architecture(String, ArchitectureError)
    /// Another number of outputs than there is to say of a sample.
    case otherOutputs(String, Int, wanted: Int)

    /// The sentence.
    public var description: String {
        switch self {
        case .otherInput(let name, let own, let data):
            "\(name) takes samples of \(own), \(Text.plural(own.count, "number")), but the data have "
                + "\(data), \(Text.count(data.count))"
        case .architecture(let name, let error): "\(name): \(error)"
        case .otherOutputs(let name, let found, let wanted):
            "\(name) gives \(Text.plural(found, "output")), but the data and the loss want "
                + "\(Text.count(wanted)): one for each class or number, or a single one for two classes "
                + "with --loss sigmoid-cross-entropy"
        }
    }
}
