import ArgumentParser
import Experiments
import Foundation
import JSON

extension SweepGrid {
    /// Reads "--strategy fedavg,fedprox --seed=1,2 --fixed-shards" and sets apart what all
    /// combinations share.
    ///
    /// As with every option, the last of two alike counts.
    /// - Returns: the grid, and the arguments that say where data and logs are.
    /// - Throws: `ValidationError`.
    package static func reading(_ arguments: [String]) throws -> (grid: SweepGrid, shared: [String])
    {
        var grid = SweepGrid()
        var shared: [String: String] = [:]
        var flags: [String: Bool] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let spelling = String(parts[0])
            guard spelling.hasPrefix("-") else {
                throw ValidationError("Unexpected argument '\(argument)'")
            }
            let name = Spelling.dashed(String(spelling.drop { $0 == "-" }))
            let setting = spelling.hasPrefix("--") ? setting(spelled: spelling) : nil
            let isShared = spelling == "--\(name)" && SweepShared.names.contains(name)
            guard setting != nil || isShared else {
                throw ValidationError(
                    ParserSentence.unknownOption(
                        spelling, options: CommandTable.options(of: SweepCommand.self).map(\.name)))
            }
            var text = parts.count > 1 ? String(parts[1]) : nil
            let known = setting ?? RunSpec.setting(spelled: spelling)
            if text == nil, let next = rest.first, takes(next, as: known) {
                text = rest.removeFirst()
            }
            guard text != nil || known?.kind == .flag else {
                throw ValidationError("Missing value for '\(spelling)'")
            }
            if let setting {
                grid[setting.name] =
                    try text.map { try values(of: $0, setting, spelling) } ?? [true]
            } else if let known, known.kind == .flag {
                let isSet = try text.map { try values(of: $0, known, spelling) } ?? [true]
                // A list of them is refused as any other's.
                if let text, isSet.count > 1 { _ = try single(text, of: name) }
                flags[name] = isSet == [true]
            } else if let text {
                shared[name] = try single(text, of: name)
            }
        }
        let typed = shared.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
        return (grid, typed + flags.filter(\.value).keys.sorted().map { "--\($0)" })
    }

    private static func takes(_ next: String, as setting: Setting?) -> Bool {
        setting?.kind == .flag
            ? parts(next).allSatisfy { ["true", "false"].contains($0) } : !next.hasPrefix("--")
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    private static func values(
        of text: String, _ setting: Setting, _ spelling: String
    ) throws -> [JSONValue] {
        try parts(text).map { part in
            guard !part.isEmpty else {
                throw ValidationError("\(spelling): a value is missing in the list “\(text)”")
            }
            guard setting.kind != .flag || Bool(part) != nil else {
                throw ValidationError("\(spelling): “\(part)” is neither true nor false")
            }
            return try asValidationError { try setting.json(word: part) }
        }
    }

    /// A path may have a comma; nothing else of these has.
    private static func single(_ text: String, of name: String) throws -> String {
        guard !text.contains(",") || FileManager.default.fileExists(atPath: text) else {
            throw ValidationError(
                "--\(name) is the same for all combinations: one value was expected, not the list "
                    + "“\(text)”")
        }
        return text
    }
}
