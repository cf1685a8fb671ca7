import ArgumentParser
import Commands
import Datasets
import Experiments

/// What a client says of itself; what it does not say, the server does.
struct JoinOptions: ParsableArguments {
    @Option(help: "Experiment, if the server's must be this one: 1, 2, 3 or 4.")
    var experiment: Int?

    @Option(help: "Training images, if the server's number must be this one.")
    var samples: Int?

    @Option(help: "Seed, if the server's must be this one.")
    var seed: UInt64?

    @OptionGroup var data: DataOptions

    @Flag(
        help:
            "Train on data of this client's own: without this, others than the server's are refused."
    )
    var ownData = false

    @Option(
        help: ArgumentHelp(
            "Clients that may train at once on this machine. (default: one for each core)"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            """
            Where the client keeps what --compress leaves for the next round. (default: \
            $XDG_STATE_HOME/federated, else ~/.local/state/federated)
            """, valueName: "folder"))
    var stateDir: String?

    func validate() throws {
        if let experiment, Experiment(rawValue: experiment) == nil {
            throw ValidationError("\(SettingsError.experiment(experiment))")
        }
        if let samples { try requirePositive(samples, "--samples") }
        try requireThreads(threads)
    }

    /// Refuses a server whose run is another than these options say.
    func check(_ spec: RunSpec) throws {
        func contradiction(_ what: String, _ option: String) -> CommandFailure {
            CommandFailure(message: "the server's \(what): \(option) contradicts it")
        }
        if let experiment, experiment != spec.experimentNumber {
            throw contradiction(
                "experiment is \(spec.experimentNumber)", "--experiment \(experiment)")
        }
        if let samples, samples != spec.samples {
            throw contradiction("samples are \(spec.samples)", "--samples \(samples)")
        }
        if let seed, seed != spec.seed {
            throw contradiction("seed is \(spec.seed)", "--seed \(seed)")
        }
        if !ownData {
            for setting in RunSpec.settings {
                guard let typed = data.readingGiven[setting.name] else { continue }
                var other = spec
                try setting.set(typed, in: &other)
                guard other.reading != spec.reading else { continue }
                let said = setting.value(of: spec)
                throw contradiction(
                    "\(setting.title) is \(said == .null ? "not given" : said.typed)",
                    "\(setting.option) \(typed.typed)")
            }
        }
        // A folder is a client's own data; the names are data that all have alike.
        guard !ownData, let dataset = data.dataset, let name = DatasetChoice(argument: dataset).name
        else {
            return
        }
        if name != spec.dataset.lowercased() {
            throw contradiction("data is \(spec.dataset)", "--dataset \(dataset)")
        }
    }

    /// The data to load: what was asked for, or else the server's, by name.
    func dataset(_ spec: RunSpec) throws -> String {
        if let dataset = data.dataset { return dataset }
        let name = spec.dataset.lowercased()
        guard ["mnist", "digits"].contains(name) else {
            throw CommandFailure(
                message: "the server's data are “\(spec.dataset)”: say with --dataset which file "
                    + "or folder this client has")
        }
        return name
    }
}
