import ArgumentParser
import FederationStore

/// What the user says of a run, for commands that begin one.
package struct LabelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("What to call the run; it is found by that, too.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "A word to find the run by; may be given several times.", valueName: "tag"))
    var tag: [String] = []

    @Option(help: ArgumentHelp("What else there is to say of the run.", valueName: "text"))
    var note: String?

    package init() {}

    package func validate() throws { _ = try asValidationError { try added(to: .none) } }

    /// Whether anything is said.
    var isSaid: Bool { name != nil || !tag.isEmpty || note != nil }

    /// What was said before, and what is typed.
    func added(to labels: RunLabels) throws(RunLabelError) -> RunLabels {
        try RunLabels(
            name: name ?? labels.name, tags: labels.tags + tag, note: note ?? labels.note)
    }
}
