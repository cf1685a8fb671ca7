import JSON
import NeuralNetworks
import Platform

/// Which network a run trains: one that has a name, or one from a file.
public enum ModelChoice: Hashable, Sendable {
    /// A model by name.
    case named(NamedModel)
    /// A model from a file, whole: its run needs the file no more.
    case file(ModelFile)

    /// See `NamedModel`.
    public static let referenceCNN = ModelChoice.named(.referenceCNN)
    /// See `NamedModel`.
    public static let logisticRegression = ModelChoice.named(.logisticRegression)
    /// See `NamedModel`.
    public static let mcmahan2NN = ModelChoice.named(.mcmahan2NN)
    /// See `NamedModel`.
    public static let mcmahanCNN = ModelChoice.named(.mcmahanCNN)
    /// See `NamedModel`.
    public static let niidCNN = ModelChoice.named(.niidCNN)
    /// See `NamedModel`.
    public static let pfllibCNN = ModelChoice.named(.pfllibCNN)
    /// See `NamedModel`.
    public static let resNet = ModelChoice.named(.resNet)

    /// A network of one's own.
    /// - Parameter name: what displays and logs call it.
    public init(_ architecture: Architecture, name: String) {
        self = .file(ModelFile(ArchitectureFile(architecture), name: name))
    }

    /// What somebody has typed: a name, however it is spelled; the path of a file that ends in .json or is
    /// there; or the file's JSON itself.
    /// - Throws: `SettingsError` where there is no such model.
    public init(argument: String) throws(SettingsError) {
        guard let found = try Self.typed(argument) else {
            throw .word(
                argument, option: "--model", valueName: "model",
                expected: RunSpec.setting(named: "model")?.expected(insteadOf: argument) ?? "")
        }
        self = found
    }

    /// nil for a word that is neither a name nor a path.
    static func typed(_ word: String) throws(SettingsError) -> ModelChoice? {
        if word.first == "{" {
            do throws(ArchitectureFileError) {
                return .file(try ModelFile(text: word))
            } catch {
                throw .model(error)
            }
        }
        if !word.contains("/"), let named = NamedModel(spelled: word) { return .named(named) }
        guard ModelFile.isPath(word) else { return nil }
        do throws(ArchitectureFileError) {
            return .file(try ModelFile(path: word))
        } catch {
            throw .model(error)
        }
    }

    /// What displays, tables and logs call it: a name, or a file's name without its folder.
    public var name: String {
        switch self {
        case .named(let model): model.rawValue
        case .file(let file): file.name
        }
    }

    /// The network for samples of that shape.
    ///
    /// A file may say another shape of as many numbers: samples are then given to it as such.
    /// - Parameter classCount: the outputs that are wanted.
    /// - Throws: `ArchitectureError` where a named model does not fit, `ModelError` where a file's does not.
    public func architecture(input: FeatureShape, classCount: Int = 10) throws -> Architecture {
        switch self {
        case .named(let model):
            try model.architecture(input: input, classCount: classCount)
        case .file(let file): try file.architecture(input: input, outputs: classCount)
        }
    }

    /// The network by itself, to be looked at.
    /// - Parameters:
    ///   - input: nil for what a file says, else 28×28×1.
    ///   - classCount: nil for as many outputs as a file has, else 10.
    /// - Throws: as `architecture(input:classCount:)`.
    package func example(input: FeatureShape?, classCount: Int?) throws -> Architecture {
        switch self {
        case .named(let model):
            try model.architecture(input: input ?? Self.usualInput, classCount: classCount ?? 10)
        case .file(let file):
            try file.architecture(
                input: input ?? file.contents.input ?? Self.usualInput, outputs: classCount)
        }
    }

    /// The shape of a sample that a file says; nil where it is the data's to say.
    var ownInput: FeatureShape? {
        if case .file(let file) = self { file.contents.input } else { nil }
    }

    private static let usualInput = FeatureShape.image(height: 28, width: 28, channels: 1)

    /// Sentences on what was left out of its file, and on samples that it takes in another shape.
    public func notes(on input: FeatureShape) -> [String] {
        guard case .file(let file) = self else { return [] }
        var notes = file.contents.notes.map { "\(file.name): \($0)" }
        if let own = file.contents.input, own != input, own.count == input.count {
            notes.append("\(file.name) takes samples of \(input) as \(own), number by number")
        }
        return notes
    }
}

extension ModelChoice: CustomStringConvertible {
    /// Its name.
    public var description: String { name }
}

/// As logs and stores have it: a name, or the file's JSON.
extension ModelChoice: Codable {
    /// Reads a name, or a network; no file is read.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            guard let model = NamedModel(spelled: name) else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "there is no model “\(name.printable(limit: 40))”"))
            }
            self = .named(model)
        } else {
            self = .file(try ModelFile(from: decoder))
        }
    }

    /// Writes a name, or all of the network.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .named(let model):
            var container = encoder.singleValueContainer()
            try container.encode(model.rawValue)
        case .file(let file): try file.encode(to: encoder)
        }
    }
}

extension ModelChoice: SettingValue {
    static var kind: Setting.Kind { .choiceOrFile(NamedModel.allCases.map(\.rawValue)) }

    static func json(word: String) throws(SettingsError) -> JSONValue? { try typed(word)?.json }

    init(json: JSONValue) throws(ValueProblem) {
        let found: ModelChoice?
        switch json {
        case .string(let word):
            do throws(SettingsError) {
                found = try Self.typed(word)
            } catch {
                throw .meaning(error)
            }
        case .object:
            do throws(ArchitectureFileError) {
                found = .file(try ModelFile(json))
            } catch {
                throw .meaning(.model(error))
            }
        default: found = nil
        }
        guard let found else { throw .kind }
        self = found
    }

    var json: JSONValue {
        switch self {
        case .named(let model): .string(model.rawValue)
        case .file(let file): file.json
        }
    }
}
