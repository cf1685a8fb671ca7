import ArgumentParser
import Federation
import Foundation
import JSON
import Platform

extension SweepGrid {
    /// Reads a JSON file of grids: an object like `{"strategy": ["fedavg", "fedprox"], "mu": 0.1}`, or
    /// a list of such objects, which are run one after the other.
    ///
    /// null leaves an option at its default.
    /// - Throws: `CommandFailure` where there is no such file or no JSON in it, `ValidationError`
    ///   where a key or a value is none of a run's.
    package static func reading(file path: String) throws -> [SweepGrid] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                message: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let data: Data
        do {
            data = try file.readToEnd() ?? Data()
        } catch {
            throw CommandFailure(message: "\(path) cannot be read: it is no file")
        }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(decoding: TextLines.utf8([UInt8](data)))
        } catch {
            throw CommandFailure(message: "\(path) is no file of grids: \(error)")
        }
        guard case .array(let grids) = document else {
            return [try grid(document, at: path)]
        }
        guard !grids.isEmpty else {
            throw ValidationError("\(path) has no grid: its list is empty")
        }
        return try grids.enumerated().map { try grid($1, at: "\(path), grid \($0 + 1)") }
    }

    private static func grid(_ json: JSONValue, at place: String) throws -> SweepGrid {
        guard case .object(let members) = json else {
            throw ValidationError(
                "\(place): an object of settings was expected, not \(shown(json))")
        }
        var grid = SweepGrid(place: place + ": ")
        for (key, json) in members.sorted(by: { $0.key < $1.key }) {
            guard let option = SweepOption(spelling: key) else {
                let names = CommandTable.sweepable.map { String($0.name.dropFirst(2)) }
                throw ValidationError(
                    "\(place): “\(key)” is no setting of a run: federated run --help lists them"
                        + Suggestion.question(Suggestion.near(key, among: names)))
            }
            guard !SweepOption.common.contains(option.name) else {
                throw ValidationError(
                    "\(place): “\(key)” is the same for all combinations: give --\(option.name) "
                        + "beside --grid")
            }
            guard grid.values[option] == nil else {
                throw ValidationError("\(place): “\(key)” is a setting that is there twice")
            }
            grid.values[option] = try values(json, of: option, at: "\(place): “\(key)”")
        }
        return grid
    }

    private static func values(
        _ json: JSONValue, of option: SweepOption, at place: String
    ) throws -> [SweepValue] {
        guard case .array(let list) = json else { return [try value(json, of: option, at: place)] }
        guard !list.isEmpty else { throw ValidationError("\(place) is an empty list") }
        return try list.map { try value($0, of: option, at: place) }
    }

    private static func value(
        _ json: JSONValue, of option: SweepOption, at place: String
    ) throws -> SweepValue {
        switch (json, option.kind) {
        case (.null, _): return SweepValue(defaultOf: option)
        case (.bool(let isSet), .flag): return SweepValue(isSet, of: option)
        case (_, .flag):
            throw ValidationError("\(place) has \(shown(json)): true or false was expected")
        case (.integer, _), (.unsigned, _), (.number, _), (.string, _):
            return SweepValue(json.words, of: option)
        default:
            throw ValidationError(
                "\(place) has \(shown(json)): a number, a text or a list of these was expected")
        }
    }

    /// The value as it stands in the file, if that is short.
    private static func shown(_ json: JSONValue) -> String {
        let text = String(decoding: json.encoded(), as: UTF8.self)
            .split(whereSeparator: \.isNewline).joined(separator: " ")
        return text.count <= 40 ? text : text.prefix(39) + "…"
    }
}
