import ArgumentParser
import Experiments
import FederationStore
import Platform
import Terminal

/// `federated label RUN`: what its user says of a run, said anew.
struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Say of a run of the store what it is called: name, tags, note.",
        discussion: """
            What is not mentioned stays; an empty --name or --note takes it away. A run may be called \
            otherwise while it is going on. Its log has what counts when that is written; federated \
            export writes it anew.
            """)

    @Argument(
        help: ArgumentHelp(
            "The run: its id or name in federated runs, the beginning of one, or last.",
            valueName: "run"))
    var named: String?

    @OptionGroup var labels: LabelOptions

    @Option(help: ArgumentHelp("A tag to take away; may be given several times.", valueName: "tag"))
    var untag: [String] = []

    @OptionGroup var reading: StoreReading

    func run() throws {
        guard let named else { throw reading.unnamed("label needs a run") }
        guard labels.isSaid || !untag.isEmpty else {
            throw ValidationError("label needs --name, --tag, --untag or --note")
        }
        // A store that is not there is not made.
        try reading.read { _ in }
        let store = try RunStore(path: reading.store)
        defer { store.close() }
        let id = try store.name(beginning: named)
        let before = try store.labels(of: id)
        if let stranger = untag.first(where: { !before.tags.contains($0) }) {
            throw ValidationError(
                "run \(id) has no tag “\(stranger)” to take away: it has "
                    + (before.tags.isEmpty ? "none" : before.tags.joined(separator: ", ")))
        }
        let after = try asValidationError {
            try labels.added(
                to: RunLabels(
                    name: before.name, tags: before.tags.filter { !untag.contains($0) },
                    note: before.note))
        }
        try store.setLabels(after, of: id)
        let console = Console(quiet: false)
        console.line(console.bold("run \(id)"))
        for (name, value) in after.rows { console.row(name, value) }
    }
}

extension RunLabels {
    /// As names and what they are; only what there is.
    var rows: [(name: String, value: String)] {
        [
            name.map { ("name", $0) }, tags.isEmpty ? nil : ("tags", tags.joined(separator: ", ")),
            note.isEmpty ? nil : ("note", note),
        ].compactMap(\.self)
    }
}
