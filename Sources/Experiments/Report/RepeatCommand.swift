import Federation
import JSON

extension RunSpec {
    /// The options that say what is not at its default, as they are typed: no fewer give this spec.
    package var shortestArguments: [String] {
        var given = given
        for setting in Self.settings where setting.name != "dataset" {
            guard let value = given[setting.name] else { continue }
            given[setting.name] = nil
            if (try? RunSpec(given)) != self { given[setting.name] = value }
        }
        return Self.settings.flatMap { setting -> [String] in
            guard let value = given[setting.name] else { return [] }
            if case .bool(let isSet) = value { return isSet ? [setting.option] : [] }
            let word = value.typed
            return word.hasPrefix("-") ? ["\(setting.option)=\(word)"] : [setting.option, word]
        }
    }
}

extension FoundRun {
    /// The command that repeats the run, as it is typed into a shell; nil where its log does not say enough.
    public var repeatCommand: String? { repeatWords?.joined(separator: " ") }

    /// The same by words, each as it is typed.
    package var repeatWords: [String]? {
        guard var spec = RunSpec(logged: log) else { return nil }
        let kind = stored?.kind ?? (spec.roundDeadline == nil ? ResumedRun.usualKind : "serve")
        let source: DataSource? = stored.flatMap { try? $0.source.decoded() }
        if let source { spec.dataset = source.dataset }
        // A model of a file stands in the log, not on a command line.
        if case .object = spec.model.json {
            let file = ShellWord.quoted("\(name).spec.json")
            let run = ShellWord.quoted(stored == nil ? logFile ?? name : name)
            return [
                "federated", "show", run, "--spec", ">", file, "&&", "federated", kind, "--spec",
                file,
            ]
        }
        var words = ["federated", kind] + spec.shortestArguments
        if let folder = source?.dataFolder { words += ["--data-dir", folder] }
        return words.map(ShellWord.quoted)
    }
}
