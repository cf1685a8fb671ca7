import ArgumentParser
import Experiments
import JSON
import Terminal

/// `federated settings`: what a run can be told, as a table for people or JSON for programs.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "List the settings of a run: what each may be, its default, what it needs.",
        discussion: """
            They are the options of federated run, the keys of a file for --spec, and what sweeps take \
            lists of.
            """)

    @Flag(help: "Print JSON and nothing else.")
    var json = false

    @Flag(help: .hidden)
    var openapi = false

    func run() throws {
        if json {
            let rows = JSONValue.array(RunSpec.settings.map(\.json))
            return Console.write(rows.encoded() + [UInt8(ascii: "\n")])
        }
        if openapi { return Console.write(Array(RunSpec.openAPI.utf8)) }
        let console = Console(quiet: false)
        for topic in Topic.allCases {
            if topic != Topic.allCases.first { console.line() }
            console.line(console.bold(topic.title))
            Self.table(topic.settings).print(console)
        }
    }

    private static func table(_ settings: [Setting]) -> TextTable {
        var table = TextTable([
            .left("option"), .left("type"), .left("default"), .left("what it is"),
        ])
        for setting in settings {
            table.add([
                setting.needs.clients == .noted ? setting.name : setting.option,
                setting.kind.name, setting.defaultWords ?? "–", words(setting),
            ])
        }
        return table
    }

    /// Its sentence, what it may be, and what it needs.
    private static func words(_ setting: Setting) -> String {
        var words = setting.help
        if case .choice(let names) = setting.kind {
            words += " One of \(names.joined(separator: ", "))."
        } else if case .choiceOrFile(let names) = setting.kind {
            words +=
                " One of \(names.joined(separator: ", ")), or a file: see federated model --help."
        } else if let bounds = setting.bounds {
            words += " \(bounds.words.prefix(1).uppercased() + bounds.words.dropFirst())."
        }
        if let needs = setting.needs.words { words += " Needs \(needs)." }
        return words
    }
}
