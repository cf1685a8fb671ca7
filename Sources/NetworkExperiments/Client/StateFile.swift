import Experiments
import FederationWire
import Foundation
import JSON
import Parameters
import Platform
import Synchronization

/// The states of a client that is a process of its own, in a file of a run and a client: written whole
/// before each update leaves, and read when the client is started again.
///
/// ```
/// {"run": …, "client": …, "architecture": …, "seed": …, "states": [{"round": …, "names": […]}, …]}
/// the vectors, float32, in that order; 16 bytes of checksum of all before them
/// ```
package final class StateFile: ClientStates {
    /// Where the file is.
    package let path: String
    private let members: [String: JSONValue]
    private let count: Int
    private let states: Mutex<[Int: State]>

    /// The file of a run's client in a folder, which is made where it is not there.
    /// - Parameter notice: told in a sentence where there is a file that can't be used.
    /// - Throws: `JoinError` where there can't be one.
    package init(
        _ settings: RunSettings, client: Int, in folder: String, notice: (String) -> Void
    ) throws {
        if let reason = Folder.make(folder) {
            throw JoinError.stateFolder(folder, reason: reason)
        }
        path = "\(folder)/\(settings.run)-\(client).state"
        members = [
            "run": .string(settings.run.text), "client": .integer(client),
            "architecture": .string(settings.architecture.hexadecimal),
            "seed": settings.spec["seed"] ?? .null,
        ]
        count = settings.parameterCount
        states = Mutex([:])
        guard access(path, F_OK) == 0 else { return }
        do {
            let found = try decode(InputFile.read(path))
            states.withLock { $0 = found }
        } catch {
            notice("what this client kept of its last updates is lost: \(error)")
        }
    }

    /// Where files are unless a folder is named: `$XDG_STATE_HOME/federated`, else
    /// `~/.local/state/federated`; nil where the environment says neither.
    package static func defaultFolder(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        // Relative paths are to be ignored, says the XDG base directory specification.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return state + "/federated"
        }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return home + "/.local/state/federated"
    }

    package func state(after round: Int) -> State? { states.withLock { $0[round] } }

    package func keep(_ state: State, after round: Int, base: Int?) throws {
        let next = states.withLock { $0.keeping(state, after: round, base: base) }
        try OutputFile.write(encode(next), to: path)
        states.withLock { $0 = next }
    }

    /// Removes the file: the run is over.
    package func remove() { unlink(path) }

    // MARK: Format

    private func encode(_ states: [Int: State]) -> [UInt8] {
        let rounds = states.sorted { $0.key < $1.key }
        var header = members
        header["states"] = .array(
            rounds.map { round, state in
                [
                    "round": .integer(round),
                    "names": .array(state.keys.sorted().map(JSONValue.string)),
                ]
            })
        var bytes = JSONValue.object(header).encoded() + [UInt8(ascii: "\n")]
        for (_, state) in rounds {
            for (_, vector) in state.sorted(by: { $0.key < $1.key }) {
                vector.withUnsafeBufferPointer { bytes += UnsafeRawBufferPointer($0) }
            }
        }
        return bytes + Self.checksum(bytes[...])
    }

    private func decode(_ bytes: [UInt8]) throws -> [Int: State] {
        func failure(_ reason: String) -> FileError { FileError(path, .read, reason: reason) }
        let content = bytes.dropLast(ModelChecksum.byteCount)
        guard let end = content.firstIndex(of: UInt8(ascii: "\n")),
            Self.checksum(content) == Array(bytes[content.endIndex...]),
            case .object(var header) = try? JSONValue(decoding: Array(content[..<end])),
            case .array(let rounds)? = header.removeValue(forKey: "states")
        else { throw failure("it is damaged") }
        guard header == members else { throw failure("it is another run's") }
        var states: [Int: State] = [:]
        var rest = content[(end + 1)...]
        let width = count * MemoryLayout<Float>.size
        for case .object(let round) in rounds {
            guard case .integer(let number)? = round["round"],
                case .array(let names)? = round["names"]
            else { throw failure("it is damaged") }
            var state: State = [:]
            for case .string(let name) in names {
                guard rest.count >= width else { throw failure("it is damaged") }
                state[name] = ParameterVector(count: count) { target in
                    UnsafeMutableRawBufferPointer(target).copyBytes(from: rest.prefix(width))
                }
                rest = rest.dropFirst(width)
            }
            states[number] = state
        }
        return states
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var checksum = ModelChecksum()
        bytes.withUnsafeBytes { checksum.update($0) }
        return checksum.value()
    }
}
