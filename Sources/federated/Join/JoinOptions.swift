import ArgumentParser
import Datasets
import FederationWire

/// What a client says of itself; what it does not say, the server does.
struct JoinOptions: ParsableArguments {
    @Option(help: "Experiment, if the server's must be this one: 1, 2, 3 or 4.")
    var experiment: Int?

    @Option(help: "Training images, if the server's number must be this one.")
    var samples: Int?

    @Option(help: "Seed, if the server's must be this one.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "mnist, digits, or a folder with four IDX files of one's own.", valueName: "data"))
    var dataset: String?

    @Option(help: ArgumentHelp("Where MNIST is.", valueName: "folder"))
    var dataDir: String?

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
            throw ValidationError("there is no experiment \(experiment): they are 1, 2, 3 and 4")
        }
        if let samples { try requirePositive(samples, "--samples") }
        try requireThreads(threads)
    }

    /// Refuses a server whose run is another than these options say.
    func check(_ settings: RunSettings) throws {
        func contradiction(_ what: String, _ option: String) -> CommandFailure {
            CommandFailure(message: "the server's \(what): \(option) contradicts it")
        }
        if let experiment, experiment != settings.experiment {
            throw contradiction(
                "experiment is \(settings.experiment)", "--experiment \(experiment)")
        }
        if let samples, samples != settings.samples {
            throw contradiction("samples are \(settings.samples)", "--samples \(samples)")
        }
        if let seed, seed != settings.seed {
            throw contradiction("seed is \(settings.seed)", "--seed \(seed)")
        }
        // A folder is a client's own data; the names are data that all have alike.
        guard !ownData, let dataset, let name = DatasetChoice(argument: dataset).name else {
            return
        }
        if name != settings.dataset.lowercased() {
            throw contradiction("data is \(settings.dataset)", "--dataset \(dataset)")
        }
    }

    /// Refuses data that are not the server's, unless that is meant.
    ///
    /// A server of an earlier version names its data only; then the name is all there is to compare.
    func check(_ inputs: RunInputs, of settings: RunSettings, origin: String) throws {
        guard !ownData else { return }
        if let wanted = settings.dataFingerprint, wanted != inputs.dataText {
            throw CommandFailure(
                message:
                    "\(origin) holds other images than the server's \(settings.dataset): name the "
                    + "server's data with --dataset or --data-dir, or say with --own-data that this "
                    + "client trains on its own")
        }
        if let wanted = settings.partitionFingerprint, wanted != inputs.partitionText {
            throw CommandFailure(
                message:
                    "the partition \(settings.partition ?? "of the server") divides the images "
                    + "otherwise here than on the server: bring its file here, or say with --own-data "
                    + "that this client's part is its own")
        }
    }

    /// Where what a client's transforms keep outlives the client.
    func stateFile(
        _ settings: RunSettings, client: Int, notice: (String) -> Void
    ) throws -> StateFile {
        guard let folder = stateDir ?? StateFile.defaultFolder() else {
            throw CommandFailure(
                message: "there is no place to keep what updates leave for the next round: set "
                    + "HOME or XDG_STATE_HOME, or name a folder with --state-dir")
        }
        return try StateFile(settings, client: client, in: folder, notice: notice)
    }

    /// The data to load: what was asked for, or else the server's, by name.
    func choice(_ settings: RunSettings) throws -> DatasetChoice {
        if let dataset { return DatasetChoice(argument: dataset) }
        switch settings.dataset.lowercased() {
        case "mnist": return .mnist
        case "digits": return .digits
        default:
            throw CommandFailure(
                message: "the server's data is the folder “\(settings.dataset)”: say with "
                    + "--dataset which folder this client has")
        }
    }
}
