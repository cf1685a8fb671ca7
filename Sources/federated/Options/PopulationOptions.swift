import ArgumentParser
import Datasets

/// Who takes part, and who has which data.
struct PopulationOptions: ParsableArguments {
    @Option(help: "Experiment: 1, 2, 3 or 4. (default: 1)")
    var experiment: Int?

    @Option(
        help: ArgumentHelp(
            "In place of an experiment, how the data are divided: see federated partition --help.",
            valueName: "partition"))
    var partition: String?

    @Option(
        name: [.customLong("clients"), .customLong("population")],
        help: """
            Clients, K: their ids are 0 to K - 1. (default: 5, with csv:FILE as many as it names)
            """)
    var clients: Int?

    @Option(
        help: ArgumentHelp(
            "Clients in a round: a number, or a fraction like 0.1. (default: all)",
            valueName: "cohort"))
    var cohort: CohortSize?

    @Option(
        help: ArgumentHelp(
            "How many times so many clients are asked, so that those who drop out hold up no round.",
            valueName: "factor"))
    var overSelection: Double?

    @Option(
        help: ArgumentHelp(
            """
            Updates without which no round closes. (default: 1; served, all of a round, half with a \
            deadline)
            """, valueName: "clients"))
    var minimumClients: Int?

    private static let defaultClients = 5

    func validate() throws {
        if partition != nil, experiment != nil {
            throw ValidationError("--experiment and --partition exclude each other")
        }
    }

    /// Enters what is given here.
    ///
    /// A file that cannot be read is not complained of before its images are needed.
    func apply(to settings: inout ExperimentSettings) throws {
        var count = Self.defaultClients
        if let partition {
            let found = try requirePartition(partition)
            settings.partition = found
            if clients == nil, case .natural = found {
                // What a file does not say, no cohort can contradict.
                count =
                    (try? found.namedClientCount())
                    ?? max(count, cohort?.count ?? 0, minimumClients ?? 0)
            }
        } else {
            settings.experiment = try requireExperiment(experiment ?? 1)
        }
        settings.clients = clients ?? count
        settings.cohort = cohort
        settings.overSelection = overSelection
        settings.minimumClients = minimumClients
    }
}

/// How simulated clients fail to take part.
struct ParticipationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Probability that a client can be chosen for a round.", valueName: "probability"))
    var availability: Double?

    @Option(
        help: ArgumentHelp(
            "Probability that a chosen client drops out before it trains.",
            valueName: "probability"))
    var dropoutBefore: Double?

    @Option(
        help: ArgumentHelp(
            "Probability that a trained client's update is lost.", valueName: "probability"))
    var dropoutAfter: Double?

    @Flag(help: "A client whose training diverges only loses its place; else it ends the run.")
    var dropDiverging = false

    /// Whether any is given.
    var isGiven: Bool {
        availability != nil || dropoutBefore != nil || dropoutAfter != nil || dropDiverging
    }

    /// Enters what is given here.
    func apply(to settings: inout ExperimentSettings) {
        settings.availability = availability
        settings.dropoutBefore = dropoutBefore
        settings.dropoutAfter = dropoutAfter
        settings.dropDiverging = dropDiverging ? true : nil
    }
}
