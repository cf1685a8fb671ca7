import Foundation
import Platform
import SwiftProtobuf

/// What the event files of a folder hold of a run.
package struct WrittenEvents {
    /// The names of the files.
    package private(set) var files: [String] = []
    /// The scalars of each step, by those tags that are kept.
    package private(set) var scalars: [Int: [String: Float]] = [:]
    /// The newest text of each tag.
    package private(set) var texts: [String: String] = [:]
    /// What the plugin "hparams" is told, by the tags that it knows.
    package private(set) var sessions: [String: WireSession] = [:]
    /// When each step was written, in seconds since 1970.
    package private(set) var times: [Int: Double] = [:]

    /// Nothing.
    static let none = WrittenEvents()

    private init() {}

    /// Reads all whole records; nothing where there is no folder.
    /// - Parameter isKept: whether scalars of a tag are kept: of long runs, all would be many.
    package init(
        folder: String, keeping isKept: (_ tag: String) -> Bool = { _ in true }
    ) throws(TensorBoardError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        files = names.filter(EventFile.isNamed).sorted()
        for name in files {
            let path = URL(fileURLWithPath: folder).appending(path: name).relativePath
            let bytes: [UInt8]
            do throws(FileError) {
                bytes = try InputFile.read(path)
            } catch {
                throw .folder(path: folder, reason: "\(error)")
            }
            for record in RecordFraming.records(of: bytes) {
                // What is no event of this kind says nothing of the run.
                if let event = try? WireEvent(serializedBytes: Array(record)) {
                    note(event, isKept)
                }
            }
        }
    }

    private mutating func note(_ event: WireEvent, _ isKept: (String) -> Bool) {
        for value in event.summary.values {
            switch value.value {
            case .scalar(let scalar):
                if isKept(value.tag) {
                    scalars[Int(event.step), default: [:]][value.tag] = scalar
                }
                times[Int(event.step)] = event.wallTime
            case .tensor(let tensor) where value.metadata.plugin.name == TextValue.plugin:
                texts[value.tag] = tensor.strings.first.map { String(decoding: $0, as: UTF8.self) }
            case .tensor, nil:
                sessions[value.tag] = try? WireSession(
                    serializedBytes: value.metadata.plugin.content)
            }
        }
    }

    /// Whether they can be of a run that has these rounds: what both know of the server is the same.
    func agree(with rounds: [RoundScalars]) -> Bool {
        rounds.allSatisfy { round in
            guard let written = scalars[round.round] else { return true }
            return round.values.allSatisfy { tag, value in
                !Self.tellsRuns(tag) || written[tag] == nil || written[tag] == value
            }
        }
    }

    /// Whether the scalars of a tag tell a run from others.
    static func tellsRuns(_ tag: String) -> Bool { tag.hasPrefix("server/") }
}
