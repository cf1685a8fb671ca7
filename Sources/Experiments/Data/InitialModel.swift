import Foundation
import Glibc
import NeuralNetworks
import Parameters
import Platform

/// The trained weights that a run begins with: a safetensors file's, by the names of tensors.
public struct InitialModel: Sendable {
    /// The SHA-256 of the file, 64 hexadecimal digits: another file of its name is another run's.
    public let fingerprint: String
    /// The parameters to begin with.
    public let parameters: ParameterVector
    /// Sentences on tensors that start anew, and on those that nobody wants.
    public let notes: [String]

    /// Reads a file over what the seed makes of a model.
    /// - Throws: `InitialModelError`.
    public init(path: String, architecture: Architecture, seed: UInt64) throws(InitialModelError) {
        let bytes = try Self.bytes(path)
        let model: TransferredModel
        do throws(SafeTensorsError) {
            model = try TransferredModel(
                Data(bytes), over: architecture.initialParameters(seed: seed),
                layout: architecture.layout)
        } catch {
            throw .file(path, error)
        }
        guard !model.taken.isEmpty else {
            throw .nothingInCommon(
                path, found: (model.extra + model.reshaped.map(\.name)).sorted(),
                expected: architecture.layout.entries.map(\.name))
        }
        fingerprint = SHA256.hexadecimal(of: bytes)
        parameters = model.parameters
        notes = Self.notes(model, path: path)
    }

    /// The SHA-256 of a file, 64 hexadecimal digits.
    /// - Throws: `InitialModelError`.
    static func fingerprint(ofFile path: String) throws(InitialModelError) -> String {
        SHA256.hexadecimal(of: try bytes(path))
    }

    /// Bytes of a file at most: 2³¹ − 1 parameters of eight bytes.
    private static let byteLimit = 1 << 34

    static func bytes(_ path: String) throws(InitialModelError) -> [UInt8] {
        var status = stat()
        // A pipe could be read once alone, and a device for ever.
        if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
            throw .unreadable(path, "it is no file")
        }
        do throws(FileError) {
            return try InputFile.read(path, byteLimit: byteLimit)
        } catch {
            throw .unreadable(path, error.reason)
        }
    }

    private static func notes(_ model: TransferredModel, path: String) -> [String] {
        var notes: [String] = []
        if !model.reshaped.isEmpty {
            let tensors = model.reshaped.map {
                "\($0.name) is \($0.found) there, not \($0.expected)"
            }
            notes.append("\(path.printable): \(list(tensors)): these start anew")
        }
        if !model.missing.isEmpty {
            notes.append("\(path.printable) has no \(list(model.missing)): these start anew")
        }
        if !model.extra.isEmpty {
            notes.append("\(path.printable) has \(list(model.extra)), which the model has not")
        }
        return notes
    }

    /// The first few of them.
    static func list(_ words: [String]) -> String {
        let shown = words.prefix(4).map { $0.printable(limit: 80) }.joined(separator: ", ")
        return words.count > 4 ? "\(shown) and \(Text.count(words.count - 4)) more" : shown
    }
}

/// Why a run can't begin with a file's weights; one sentence with its path.
public enum InitialModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system does not let it be read; a clause.
    case unreadable(String, String)
    /// It is no model file.
    case file(String, SafeTensorsError)
    /// None of its tensors has the name and shape of one of the model's.
    case nothingInCommon(String, found: [String], expected: [String])

    /// The sentence.
    public var description: String {
        switch self {
        case .unreadable(let path, let why): "\(path.printable) cannot be read: \(why)"
        case .file(let path, let error): "\(path.printable): \(error)"
        case .nothingInCommon(let path, let found, let expected):
            "\(path.printable) has no tensor of the model: it has "
                + (found.isEmpty ? "none" : InitialModel.list(found))
                + ", and the model \(InitialModel.list(expected))"
        }
    }
}
