import Datasets
import Federation
import JSON
import NeuralNetworks
import Training

/// Why settings are not those of a run: one sentence, which names an option, its value and what was
/// expected.
public enum SettingsError: Error, Equatable, Sendable {
    /// A name that no setting has, and those that may be meant.
    case unknown(String, meant: [String])
    /// A setting that is there in two spellings.
    case twice(String)
    /// A setting that the program notes by itself.
    case noted(String)
    /// JSON of another sort than the setting's.
    case kind(String, expected: String, found: JSONValue)
    /// A word that means none of an option's values.
    case word(String, option: String, valueName: String, expected: String)
    /// Two that say the same thing in two ways.
    case exclusive(String, String)
    /// FedSGD with more than one step.
    case oneStep
    /// An experiment that there is not.
    case experiment(Int)
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
    case wrongStrategy(option: String, owners: [StrategyName], strategy: StrategyName)
    /// A setting that only other optimisers have.
    case wrongOptimizer(
        option: String, owners: [LocalOptimizer.Kind], optimizer: LocalOptimizer.Kind)
    /// A setting that means nothing without another.
    case alone(option: String, without: String)
    /// A text that is no schedule.
    case schedule(String)
    /// A text that is no weighting.
    case weighting(String)
    /// A text that is no augmentation.
    case augmentation(String)
    /// Stragglers of whom none would be left.
    case allDropped
    /// What belongs to an experiment, with a partition.
    case fixedPartition
    /// A strategy whose clients need more than the plain API carries.
    case modelsAlone(strategy: StrategyName)
    /// Parts of a strategy that contradict each other; a sentence.
    case strategy(String)
    /// Clients that fail by chance, where they are real.
    case chanceForRealClients(option: String, where: Execution)
    /// What only a server's rounds have.
    case servedAlone(option: String)
    /// More clients than one command can have at once over loopback.
    case tooManyConnections(transport: Transport, clients: Int, limit: Int)
    /// Samples that the experiment cannot draw.
    case samples(DatasetError)
    /// A partition that divides no data.
    case partition(PartitionError)
    /// Labels that are smoothed for a loss without.
    case loss(LossError)
    /// A file that holds no model.
    case model(ArchitectureFileError)
    /// Rules that no run can have.
    case rules(RoundRulesError)
}

extension SettingsError: CustomStringConvertible {
    /// The sentence.
    public var description: String {
        switch self {
        case .unknown(let name, let meant):
            "“\(name)” is no setting of a run: federated settings lists them"
                + Suggestion.question(meant)
        case .twice(let name):
            "“\(name)” is given twice, in two spellings: one was expected"
        case .noted(let name): "“\(name)” is noted by the server itself: leave it out"
        case .kind(let name, let expected, let found):
            "“\(name)” is \(found.shown): expected \(expected)"
        case .word(let word, let option, let valueName, let expected):
            "The value '\(word)' is invalid for '\(option) <\(valueName)>': expected \(expected)"
        case .exclusive(let one, let other): "\(one) and \(other) exclude each other"
        case .oneStep:
            "fedsgd is one step over all of a client's samples: leave --epochs, --steps and "
                + "--batch-size out, or take fedavg"
        case .experiment(let number):
            "there is no experiment \(number): they are 1, 2, 3 and 4"
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
            "\(option) belongs to \(owners.map(\.rawValue).joined(separator: ", ")): the strategy "
                + "is \(strategy.rawValue)"
        case .wrongOptimizer(let option, let owners, let optimizer):
            "\(option) belongs to \(owners.map(\.rawValue).joined(separator: ", ")): the optimizer "
                + "is \(optimizer.rawValue)"
        case .alone(let option, let other): "\(option) needs \(other)"
        case .schedule(let text):
            "--schedule must be \(LearningRateSchedule.forms), not “\(text)”"
        case .weighting(let text):
            "--weighting must be \(ClientWeighting.forms), not “\(text)”"
        case .augmentation(let text):
            "--augment must be \(Augmentation.forms), not “\(text)”"
        case .allDropped:
            "--drop-stragglers with --stragglers 1 leaves no client: expected less than 1"
        case .fixedPartition:
            "--fixed-shards belongs to an experiment: a partition is fixed"
        case .modelsAlone(let strategy):
            "--transport json carries models alone, and \(strategy.rawValue) corrects clients by "
                + "control variates: take --transport http"
        case .strategy(let problem): problem
        case .chanceForRealClients(let option, let execution):
            "\(option) is simulated in memory: \(execution.words) clients are there"
        case .servedAlone(let option):
            "\(option) belongs to federated serve: rounds of one process have no deadline"
        case .tooManyConnections(let transport, let clients, let limit):
            "--transport \(transport.rawValue) connects each client for itself, \(limit) at most: "
                + "there are \(clients)"
        case .samples(let error): "\(error)"
        case .partition(let error): "\(error)"
        case .loss(let error): "\(error)"
        case .model(let error): "\(error)"
        case .rules(let error): "\(error)"
        }
    }
}

extension Execution {
    /// Where clients are real.
    fileprivate var words: String {
        switch self {
        case .memory, .ranks: "here"
        case .loopback(let transport): "over --transport \(transport.rawValue)"
        case .served: "of a server"
        }
    }
}

extension JSONValue {
    /// As it is typed: a text without its quotation marks.
    package var typed: String {
        switch self {
        case .string(let text): text
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): "\(value)"
        case .null, .array, .object: String(decoding: encoded(), as: UTF8.self)
        }
    }

    /// As an error names it: in one line, if that is short.
    package var shown: String {
        if case .string(let text) = self { return "“\(Self.cut(text))”" }
        if case .number(let value) = self { return "\(value)" }
        return Self.cut(
            String(decoding: encoded(), as: UTF8.self).split(whereSeparator: \.isNewline)
                .joined(separator: " "))
    }

    private static func cut(_ text: String) -> String {
        text.count <= 40 ? text : text.prefix(39) + "…"
    }
}
