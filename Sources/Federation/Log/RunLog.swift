import Foundation
import JSON
import Parameters

/// What is kept of a run, as `Logs/<UTC %Y%m%d_%H%M%S>.json` holds it.
///
/// Series by client or round have nil where there is no number: a client that was absent or not
/// evaluated, or a value that is not finite; in JSON it is null.
///
/// Six keys are those of other programs' logs, too: `commonKeys`. All others are spelled as `KeySpelling`
/// has it.
///
/// Clients are 0…K − 1, and the log says so: `client_ids_from` is 0. A log of ours without that key is
/// an earlier version's, whose clients were 1…K: read, each is one less (`RunLog(decoding:)`).
///
/// Clients' numbers stand in four lists by client, each with a place for every round: `clients acc`,
/// `clients_loss`, `clients_samples` and `clients_class_counts`. Where small cohorts of many clients take
/// part, so that these would have more than 100,000 places and most of them empty, they are `{}` and
/// `clients_rounds` stands after them in their place:
/// `{"17": {"rounds": [3, 250], "acc": [0.5, null], "loss": […], "samples": [600, 600],
/// "class_counts": [[…], […]]}}`, for each client seen only the rounds that something came of, ascending.
/// `acc`, `loss` and `class_counts` are left out where a client has none at all.
public struct RunLog: Equatable, Sendable {
    /// What models are measured by.
    public enum Score: String, Equatable, Sendable {
        /// The share of samples classified rightly, 0…1.
        case accuracy
        /// The coefficient of determination, at most 1: see `Evaluation.accuracy`.
        case r2 = "R²"
    }

    /// How a model did class by class, as far as a log says it.
    public struct LoggedClasses: Equatable, Sendable {
        /// The share of each class's samples that was classified rightly; nil for a class without any.
        public var accuracies: [Double?]
        /// Test samples by their class and the one that the model took them for, [true][predicted].
        public var confusion: [[Int]]?
        /// The samples that the model took most surely for another class; nil where the log does not say.
        public var mistakes: [Mistake]?

        /// Numbers by class.
        public init(
            accuracies: [Double?], confusion: [[Int]]? = nil, mistakes: [Mistake]? = nil
        ) {
            self.accuracies = accuracies
            self.confusion = confusion
            self.mistakes = mistakes
        }
    }

    /// The final global model.
    public enum FinalWeight: Equatable, Sendable {
        /// In the log itself, as nested lists: one per shape, one after the other in the vector.
        case nested(ParameterVector, shapes: [[Int]])
        /// In a model file beside the log.
        case file(String)
        /// The run ended before there was one.
        case none

        /// The model in the log itself, by that layout's shapes.
        public static func nested(_ parameters: ParameterVector, layout: ParameterLayout) -> Self {
            .nested(parameters, shapes: layout.entries.map(\.shape))
        }
    }

    /// Where the time went, in seconds of the clock on the wall.
    public struct Timings: Equatable, Sendable {
        /// Each committed round, from its opening, or from when all clients that a served round needs
        /// were there, to its commit.
        public var roundSeconds: [Double]
        /// Local training in all rounds, summed over clients.
        public var trainingSeconds: Double
        /// Evaluation of clients' and global models, summed.
        public var evaluationSeconds: Double
        /// The whole run.
        public var totalSeconds: Double
        /// Processes that shared the work.
        public var ranks = 1
        /// Of the threads' time, what went without work, 0…1: by round, of the process that wrote the log;
        /// of all ranks' threads in a round's training, in one process from commit to commit. Empty where
        /// clients train elsewhere.
        public var idleShares: [Double] = []
        /// The mean of these; nil where there are none.
        public var idleShare: Double? {
            idleShares.isEmpty ? nil : idleShares.reduce(0, +) / Double(idleShares.count)
        }

        /// All in seconds.
        public init(
            roundSeconds: [Double] = [], trainingSeconds: Double = 0, evaluationSeconds: Double = 0,
            totalSeconds: Double = 0
        ) {
            self.roundSeconds = roundSeconds
            self.trainingSeconds = trainingSeconds
            self.evaluationSeconds = evaluationSeconds
            self.totalSeconds = totalSeconds
        }
    }

    /// The keys that others' programs have, too, which are written as they have them.
    package static let commonKeys: Set = [
        "client number", "experiment", "max round", "clients acc", "server acc", "final weight",
    ]

    /// Number of clients (key `client number`).
    public var clientNumber: Int
    /// The experiment's number (`experiment`).
    public var experiment: Int
    /// Rounds asked for, R (`max round`).
    public var maxRound: Int
    /// What clients did by round: see `clientAccuracies` and those beside it, and `rounds(of:)`.
    var series = ClientSeries()
    /// The global model's accuracy, 0…1, by round (`server acc`).
    public var serverAccuracies: [Double?] = []
    /// The final global model (`final weight`, or `final_weight_file`).
    public var finalWeight = FinalWeight.none
    /// The global model's loss in nats, by round (`server_loss`).
    public var serverLosses: [Double?] = []
    /// Clients that rounds went on without (`drops`); nil where a log does not say.
    public var drops: [ClientDrop]?
    /// What the strategy's parts say of rounds and what tests measured beside accuracy and loss, by name and
    /// round (`round_metrics`; left out where there is nothing).
    public var roundMetrics: [String: [Double?]] = [:]
    /// How the last tested round's model did class by class (`confusion_matrix`, [true][predicted], where
    /// the classes are not too many, `class_accuracies`, null for a class without test samples, and
    /// `mistakes`, the samples that it took most surely for another class; left out where that is not known).
    public var classResults: LoggedClasses?
    /// What classes are called (`class_names`; left out where nobody says).
    public var classNames: [String] = []
    /// What `clients acc` and `server acc` are: an accuracy, or R² where numbers are predicted (`score`;
    /// left out where it is an accuracy).
    public var score = Score.accuracy
    /// How the run ended, as `Outcome` describes it (`outcome`).
    public var outcome = ""
    /// The run's options (`configuration`).
    public var configuration: JSONValue = [:]
    /// Whether configuration and seed alone decide the bits (`reproducible`, and `why` where they do
    /// not); nil in logs of versions that do not say.
    public var reproducibility: Reproducibility?
    /// The seed of all random numbers (`seed`).
    public var seed: UInt64 = 0
    /// Which data the run used (`data`).
    public var data: JSONValue = nil
    /// The data's fingerprint, 16 hexadecimal digits; nil in logs that do not say (`data_fingerprint`).
    public var dataFingerprint: String?
    /// The fingerprint of what a file divided the data into; nil where none did
    /// (`partition_fingerprint`).
    public var partitionFingerprint: String?
    /// The SHA-256 of the file with the weights that the run began with (`initial_model_fingerprint`; left
    /// out where there was none).
    public var initialModelFingerprint: String?
    /// The SHA-256 of the server rule's program (`server_rule_fingerprint`; left out where there was none).
    public var serverRuleFingerprint: String?
    /// Samples that the global model is tested on (`test_samples`); nil in logs that do not say.
    public var testSamples: Int?
    /// Samples of those that each client's own model is tested on, 0 where it is not
    /// (`client_test_samples`); nil in logs that do not say.
    public var clientTestSamples: Int?
    /// Which model (`model`).
    public var model: JSONValue = nil
    /// Its number of parameters (`model_parameters`).
    public var modelParameters = 0
    /// Where the time went (`timings`).
    public var timings = Timings()
    /// Threads that trained (`threads`).
    public var threads = 1
    /// The CPU's name (`cpu`).
    public var cpu = ""
    /// OpenBLAS's kernels (`blas_core`).
    public var blasCore = ""
    /// This package's own kernels (`simd`).
    public var simd = ""
    /// Version of this package (`version`).
    public var version = ""
    /// When the run began; written to the second (`started`).
    public var started = Date(timeIntervalSince1970: 0)

    /// What its user calls the run (`name`; left out where it has none).
    public var name: String?
    /// Words to find it by (`tags`; left out where there are none).
    public var tags: [String] = []
    /// What its user says of it (`note`; left out where that is nothing).
    public var note = ""

    /// A log without rounds.
    public init(clientNumber: Int, experiment: Int, maxRound: Int) {
        self.clientNumber = clientNumber
        self.experiment = experiment
        self.maxRound = maxRound
    }

    /// Adds a round to every series of rounds; a client that had no part in it has no numbers.
    public mutating func append(_ record: RoundRecord) { append(record, classCounts: nil) }

    /// Adds a round with its class counts and the time it took.
    public mutating func append(_ round: CommittedRound) {
        append(round.record, classCounts: round.classCounts)
        timings.roundSeconds.append(round.seconds)
        let before = serverAccuracies.count - 1
        for name in Set(roundMetrics.keys).union(round.metrics.keys) {
            roundMetrics[name, default: Array(repeating: nil, count: before)]
                .append(finite(round.metrics[name]))
        }
        drops = (drops ?? []) + round.drops
        if let classes = round.classes {
            classResults = LoggedClasses(
                accuracies: classes.accuracies, confusion: classes.confusion,
                mistakes: classes.mistakes)
        }
    }

    private mutating func append(_ record: RoundRecord, classCounts: [Int: [Int]]?) {
        series.append(record.clients, classCounts: classCounts, after: serverAccuracies.count)
        serverAccuracies.append(finite(record.global?.accuracy))
        serverLosses.append(finite(record.global?.loss))
    }

    /// What the log says of the run as a whole: no rounds, and no weights.
    public var withoutSeries: RunLog {
        var log = self
        log.series = ClientSeries()
        log.serverAccuracies = []
        log.finalWeight = .none
        log.serverLosses = []
        log.drops = nil
        log.roundMetrics = [:]
        log.classResults = nil
        log.timings.roundSeconds = []
        return log
    }
}
