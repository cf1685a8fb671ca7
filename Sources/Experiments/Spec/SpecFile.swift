import Federation
import Foundation
import JSON
import Platform

/// A run as a file: its settings, and by fingerprints the images that they were for.
///
/// The file is a JSON object. Its keys are the names of settings; those that are missing or null are at
/// their defaults. `data_fingerprint`, `partition_fingerprint`, `initial_model_fingerprint` and
/// `server_rule_fingerprint`, which `federated show RUN --spec` adds, refuse other images, and another file of a
/// partition, of weights or of a server rule, than the run's.
public struct SpecFile: Hashable, Sendable {
    /// What is said of the run.
    public var given: GivenSettings
    /// Of the images, 16 hexadecimal digits; nil for any.
    public var dataFingerprint: String?
    /// Of what `csv:FILE` made of them; nil for anything.
    public var partitionFingerprint: String?
    /// The SHA-256 of the file with the weights to begin with, 64 hexadecimal digits; nil for any.
    public var initialModelFingerprint: String?
    /// The SHA-256 of the server rule's program, 64 hexadecimal digits; nil for any.
    public var serverRuleFingerprint: String?

    /// A run's spec.
    public init(
        _ given: GivenSettings, dataFingerprint: String? = nil, partitionFingerprint: String? = nil,
        initialModelFingerprint: String? = nil, serverRuleFingerprint: String? = nil
    ) {
        self.given = given
        self.dataFingerprint = dataFingerprint
        self.partitionFingerprint = partitionFingerprint
        self.initialModelFingerprint = initialModelFingerprint
        self.serverRuleFingerprint = serverRuleFingerprint
    }

    /// Bytes that a spec may have: a few hundred are usual.
    public static let byteLimit = 1 << 20

    private static let dataKey = "data_fingerprint"
    private static let partitionKey = "partition_fingerprint"
    private static let initialModelKey = "initial_model_fingerprint"
    private static let serverRuleKey = "server_rule_fingerprint"

    /// Reads a file.
    /// - Throws: `SpecFileError`.
    public init(path: String) throws(SpecFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable("\(FileError(path, .read))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let data: Data
        do {
            data = try file.read(upToCount: Self.byteLimit + 1) ?? Data()
        } catch {
            throw .unreadable("\(FileError(path, .read, reason: "it is no file"))")
        }
        guard data.count <= Self.byteLimit else { throw .tooLong(path) }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(decoding: TextLines.utf8([UInt8](data)))
        } catch {
            throw .noJSON(path, error)
        }
        try self.init(json, of: path)
    }

    private init(_ json: JSONValue, of path: String) throws(SpecFileError) {
        guard case .object(var members) = json else { throw .noObject(path, json) }
        do throws(SettingsError) {
            dataFingerprint = try Self.fingerprint(Self.dataKey, takenFrom: &members)
            partitionFingerprint = try Self.fingerprint(Self.partitionKey, takenFrom: &members)
            initialModelFingerprint = try Self.fingerprint(
                Self.initialModelKey, digits: 64, takenFrom: &members)
            serverRuleFingerprint = try Self.fingerprint(
                Self.serverRuleKey, digits: 64, takenFrom: &members)
            given = try GivenSettings(members)
        } catch {
            throw .settings(path, error)
        }
    }

    private static func fingerprint(
        _ key: String, digits: Int = 16, takenFrom members: inout [String: JSONValue]
    ) throws(SettingsError) -> String? {
        let spellings = members.keys.filter { KeySpelling.setting($0) == key }
        guard spellings.count < 2 else { throw .twice(key) }
        guard let json = spellings.first.flatMap({ members.removeValue(forKey: $0) }), json != .null
        else { return nil }
        guard case .string(let text) = json, text.utf8.count == digits,
            text.allSatisfy({ $0.isHexDigit && !$0.isUppercase })
        else { throw .kind(key, expected: "\(digits) hexadecimal digits", found: json) }
        return text
    }

    /// Its members, in the order of the table.
    private var members: [(String, JSONValue)] {
        RunSpec.settings.compactMap { setting in given[setting.name].map { (setting.name, $0) } }
            + [
                (Self.dataKey, dataFingerprint), (Self.partitionKey, partitionFingerprint),
                (Self.initialModelKey, initialModelFingerprint),
                (Self.serverRuleKey, serverRuleFingerprint),
            ]
            .compactMap { key, value in value.map { (key, .string($0)) } }
    }

    /// The file's JSON.
    public var json: JSONValue { .object(Dictionary(members) { $1 }) }

    /// The file's text: a line for each setting, in the order of the table.
    public var text: String {
        let lines = members.map { name, value in
            "  \"\(name)\": " + String(decoding: value.encoded(), as: UTF8.self)
        }
        return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
    }
}

/// Why a file is no spec: one sentence with its path.
public enum SpecFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system does not let it be read.
    case unreadable(String)
    /// It has more bytes than any spec.
    case tooLong(String)
    /// It is no JSON.
    case noJSON(String, JSONError)
    /// It is no object.
    case noObject(String, JSONValue)
    /// A member that is no setting, or not its sort of value.
    case settings(String, SettingsError)
    /// Other images than those that it was written for.
    case otherData(String, origin: String)
    /// Another division of them.
    case otherDivision(String, by: String)
    /// Other weights to begin with.
    case otherInitialModel(String, file: String)
    /// Another program as the server rule.
    case otherServerRule(String, file: String)

    /// The sentence.
    public var description: String {
        switch self {
        case .unreadable(let sentence): sentence
        case .tooLong(let path):
            "\(path) is no spec of a run: it has more than \(Text.count(SpecFile.byteLimit)) bytes"
        case .noJSON(let path, let error): "\(path) is no spec of a run: \(error)"
        case .noObject(let path, let json):
            "\(path): an object of settings was expected, not \(json.shown)"
        case .settings(let path, let error): "\(path): \(error)"
        case .otherData(let path, let origin):
            "\(path) is of other images than \(origin) holds: name others with --dataset, or take its "
                + "data_fingerprint out to run it on these"
        case .otherDivision(let path, let partition):
            "\(path) is of another division than \(partition) makes here: bring its file, or take its "
                + "partition_fingerprint out"
        case .otherInitialModel(let path, let file):
            "\(path) began with other weights than \(file) holds: bring its file, or take its "
                + "initial_model_fingerprint out"
        case .otherServerRule(let path, let file):
            "\(path) is of another server rule than \(file) is here: bring its file, or take its "
                + "server_rule_fingerprint out"
        }
    }
}
