import Datasets
import Federation

/// Why settings are not those of a run: one sentence, which names an option, its value and what was
/// expected.
package enum SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A count below 1.
    case notPositive(option: String, value: Int)
    /// A number beyond what random streams, sums or messages take.
    case tooLarge(option: String, value: Int, limit: Int)
    /// Any other value outside what is allowed.
    case outOfRange(option: String, expected: String, found: String)
    /// More clients in a round than there are.
    case cohortBeyondClients(cohort: Int, clients: Int)
    /// More updates wanted than a round has clients.
    case minimumBeyondCohort(minimum: Int, cohort: Int)
    /// A setting that only other strategies have.
    case wrongStrategy(option: String, owners: [String], strategy: String)
    /// What belongs to an experiment, with a partition.
    case fixedPartition
    /// A strategy whose clients need more than the plain API carries.
    case modelsAlone(strategy: String)
    /// Parts of a strategy that contradict each other; a sentence.
    case strategy(String)
    /// Clients that fail by chance, where they are real.
    case chanceForRealClients(transport: String)
    /// More clients than one command can have at once over loopback.
    case tooManyConnections(transport: String, clients: Int, limit: Int)
    /// Samples that the experiment cannot draw.
    case samples(DatasetError)
    /// A partition that divides no data.
    case partition(PartitionError)
    /// Rules that no run can have.
    case rules(RoundRulesError)

    package var description: String {
        switch self {
        case .notPositive(let option, let value): "\(option) must be at least 1, not \(value)"
        case .tooLarge(let option, let value, let limit):
            "\(option) must be at most \(limit), not \(value)"
        case .outOfRange(let option, let expected, let found):
            "\(option) must be \(expected), not \(found)"
        case .cohortBeyondClients(let cohort, let clients):
            "--cohort is \(cohort): there are \(clients) clients"
        case .minimumBeyondCohort(let minimum, let cohort):
            "--minimum-clients is \(minimum): a round has \(cohort) clients"
        case .wrongStrategy(let option, let owners, let strategy):
            "\(option) belongs to \(owners.joined(separator: ", ")): the strategy is \(strategy)"
        case .fixedPartition:
            "--fixed-shards belongs to an experiment: a partition is fixed"
        case .modelsAlone(let strategy):
            "--transport json carries models alone, and \(strategy) corrects clients by control "
                + "variates: take --transport http"
        case .strategy(let problem): problem
        case .chanceForRealClients(let transport):
            "--availability and drop-outs are simulated in memory: over --transport \(transport) "
                + "clients are there"
        case .tooManyConnections(let transport, let clients, let limit):
            "--transport \(transport) connects each client for itself, \(limit) at most: "
                + "there are \(clients)"
        case .samples(let error): "\(error)"
        case .partition(let error): "\(error)"
        case .rules(let error): "\(error)"
        }
    }
}
