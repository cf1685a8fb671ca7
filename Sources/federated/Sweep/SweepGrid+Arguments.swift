import ArgumentParser
import Foundation

extension SweepGrid {
    /// Reads "--strategy fedavg,fedprox --seed=1,2 --fixed-shards" and sets apart what all
    /// combinations share.
    ///
    /// As with every option, the last of two alike counts.
    /// - Returns: the grid, and the arguments that say where data and logs are.
    /// - Throws: `ValidationError`.
    package static func reading(_ arguments: [String]) throws -> (grid: SweepGrid, common: [String])
    {
        var grid = SweepGrid()
        var common: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let spelling = String(parts[0])
            guard spelling.hasPrefix("-") else {
                throw ValidationError("Unexpected argument '\(argument)'")
            }
            guard spelling.hasPrefix("--"), let option = SweepOption(spelling: spelling) else {
                throw ValidationError(
                    ParserSentence.unknownOption(
                        spelling, options: CommandTable.federated.options(of: "sweep").map(\.name)))
            }
            var text = parts.count > 1 ? String(parts[1]) : nil
            if text == nil, let next = rest.first, takes(next, as: option) {
                text = rest.removeFirst()
            }
            guard text != nil || option.kind == .flag else {
                throw ValidationError("Missing value for '\(spelling)'")
            }
            if SweepOption.common.contains(option.name), let text {
                common[option.name] = try single(text, of: option)
            } else if let text {
                grid.values[option] = try values(of: text, option: option, spelling: spelling)
            } else {
                grid.values[option] = [SweepValue(true, of: option)]
            }
        }
        return (grid, common.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" })
    }

    private static func takes(_ next: String, as option: SweepOption) -> Bool {
        switch option.kind {
        case .value: !next.hasPrefix("--")
        case .flag: parts(next).allSatisfy { ["true", "false"].contains($0) }
        }
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    private static func values(
        of text: String, option: SweepOption, spelling: String
    ) throws -> [SweepValue] {
        try parts(text).map { part in
            guard !part.isEmpty else {
                throw ValidationError("\(spelling): a value is missing in the list “\(text)”")
            }
            guard option.kind == .flag else { return SweepValue(part, of: option) }
            guard let isSet = Bool(part) else {
                throw ValidationError("\(spelling): “\(part)” is neither true nor false")
            }
            return SweepValue(isSet, of: option)
        }
    }

    /// A path may have a comma; nothing else of these has.
    private static func single(_ text: String, of option: SweepOption) throws -> String {
        guard !text.contains(",") || FileManager.default.fileExists(atPath: text) else {
            throw ValidationError(
                "--\(option.name) is the same for all combinations: one value was expected, not the "
                    + "list “\(text)”")
        }
        return text
    }
}
