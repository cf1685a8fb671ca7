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
        help: "Clients, K: their ids are 0 to K - 1.")
    var clients = 5

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

    func validate() throws {
        try requirePositive(clients, "--clients")
        if let minimumClients { try requirePositive(minimumClients, "--minimum-clients") }
        if let overSelection, !(overSelection >= 1 && overSelection <= 100) {
            throw ValidationError("--over-selection must be 1 to 100, not \(overSelection)")
        }
        switch cohort {
        case .count(let count):
            try requirePositive(count, "--cohort")
            guard count <= clients else {
                throw ValidationError("--cohort is \(count): there are \(clients) clients")
            }
        case .fraction(let part):
            guard part >= 0, part <= 1 else {
                throw ValidationError(
                    "--cohort must be a number, or a fraction to 1.0, not \(part)")
            }
        case nil: break
        }
        let most = cohort?.resolved(of: clients) ?? clients
        if let minimumClients, minimumClients > most {
            throw ValidationError(
                "--minimum-clients is \(minimumClients): a round has \(most) clients")
        }
        if partition != nil, experiment != nil {
            throw ValidationError("--experiment and --partition exclude each other")
        }
    }

    /// Enters what is given here.
    func apply(to settings: inout ExperimentSettings, samples: Int) throws {
        if let partition {
            do {
                settings.partition = try Partition(argument: partition)
            } catch {
                throw ValidationError("\(error)")
            }
        } else {
            settings.experiment = try requireExperiment(experiment ?? 1, samples: samples)
        }
        settings.clients = clients
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

    func validate() throws {
        if let availability, !(availability > 0 && availability <= 1) {
            throw ValidationError(
                "--availability must be above 0 and at most 1, not \(availability)")
        }
        if let dropoutBefore { try requireMomentum(dropoutBefore, "--dropout-before") }
        if let dropoutAfter { try requireMomentum(dropoutAfter, "--dropout-after") }
    }

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
