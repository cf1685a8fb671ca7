import Platform

/// Why a published setting's run has come to nothing; one sentence.
package enum PublishedError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A row that there is not.
    case noSetting(String, known: [String])
    /// Data of another shape or other counts than the setting's.
    case data(setting: String, name: String, found: String, expected: String)
    /// The run did something else than the setting says.
    case count(setting: String, what: String, found: Int, expected: Int)
    /// The run did not get to its end.
    case ended(setting: String, outcome: String)

    package var description: String {
        switch self {
        case .noSetting(let word, let known):
            "there is no row “\(word.printable(limit: 40))”: they are \(known.joined(separator: ", "))"
        case .data(let setting, let name, let found, let expected):
            "\(setting): “\(name.printable(limit: 200))” has \(found), and the setting has \(expected)"
        case .count(let setting, let what, let found, let expected):
            "\(setting): the run came to \(Text.count(found)) \(what), and the setting to "
                + Text.count(expected)
        case .ended(let setting, let outcome): "\(setting): the run \(outcome)"
        }
    }
}
