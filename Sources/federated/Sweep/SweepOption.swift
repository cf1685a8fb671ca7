import ArgumentParser

/// An option of `run` that a sweep takes a list of: known by asking the parser of `run` itself.
package struct SweepOption: Hashable {
    /// What stands behind it on a command line.
    package enum Kind: Hashable {
        /// One value.
        case value
        /// Nothing: it is there or not.
        case flag
    }

    /// Without dashes before it: "batch-size".
    package let name: String
    package let kind: Kind

    /// Options that say where data and logs are and with what to work: not what a run computes.
    static let common = ["dataset", "data-dir", "log-dir", "threads"]

    /// Names that sweeps have had, and second names, by the name that stands for them.
    private static let otherNames = [
        "experiments": "experiment", "batch-sizes": "batch-size",
        "learning-rates": "learning-rate", "seeds": "seed", "population": "clients",
    ]

    /// The option that a spelling means: batchSize, batch_size and --batch-size are one.
    ///
    /// nil where `run` has no such option.
    package init?(spelling: String) {
        let dashed = Self.dashed(
            spelling.hasPrefix("--") ? String(spelling.dropFirst(2)) : spelling)
        let isName = dashed.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
        }
        guard isName, dashed.first?.isLetter == true else { return nil }
        let name = Self.otherNames[dashed] ?? dashed
        guard let kind = Self.kind(of: name) else { return nil }
        self.name = name
        self.kind = kind
    }

    /// batchSize, batch_size → batch-size.
    static func dashed(_ name: String) -> String {
        name.reduce(into: "") { name, character in
            if character.isUppercase { name += "-" }
            name += character == "_" ? "-" : character.lowercased()
        }
    }

    /// A flag parses by itself, an option lacks its value, and anything else is unknown.
    private static func kind(of name: String) -> Kind? {
        do {
            _ = try SimulationOptions.parse(["--\(name)"])
            return .flag
        } catch {
            let isHelp = SimulationOptions.exitCode(for: error) == .success
            let message = SimulationOptions.message(for: error)
            return isHelp || message.hasPrefix("Unknown option") ? nil : .value
        }
    }
}

/// One value of an option in a sweep.
struct SweepValue: Hashable {
    /// What it adds to a command line: nothing where it is left at its default.
    let arguments: [String]
    /// As the sweep names its runs: "batch size 8".
    let words: String

    /// A value that is typed.
    init(_ text: String, of option: SweepOption) {
        arguments = ["--\(option.name)=\(text)"]
        words = "\(Self.spaced(option)) \(text)"
    }

    /// A flag that is set, or not.
    init(_ isSet: Bool, of option: SweepOption) {
        arguments = isSet ? ["--\(option.name)"] : []
        words = Self.spaced(option) + (isSet ? "" : " off")
    }

    /// The option left out.
    init(defaultOf option: SweepOption) {
        arguments = []
        words = "default \(Self.spaced(option))"
    }

    private static func spaced(_ option: SweepOption) -> String {
        option.name.replacing("-", with: " ")
    }
}
