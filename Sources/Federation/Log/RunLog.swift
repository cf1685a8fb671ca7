import Foundation
import Tensors

/// What is kept of a run, as `Logs/<UTC %Y%m%d_%H%M%S>.json` holds it.
///
/// Series by client or round have nil where there is no number: a client that was absent or not
/// evaluated, or a value that is not finite; in JSON it is null.
///
/// Clients are 0…K − 1, and the log says so: `client ids from` is 0. A log of ours without that key is
/// an earlier version's, whose clients were 1…K: read, each is one less (`RunLog(decoding:)`).
public struct RunLog: Equatable, Sendable {
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
        /// Each committed round, from its opening to its commit.
        public var roundSeconds: [Double]
        /// Local training in all rounds, summed over clients.
        public var trainingSeconds: Double
        /// Evaluation of clients' and global models, summed.
        public var evaluationSeconds: Double
        /// The whole run.
        public var totalSeconds: Double
        /// Processes that shared the work.
        public var ranks = 1
        /// Of the time of all ranks' threads in a round's training, what went without work, 0…1; by
        /// round, of the process that wrote the log; empty without ranks.
        public var idleShares: [Double] = []

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

    /// Number of clients (key `client number`).
    public var clientNumber: Int
    /// The experiment's number (`experiment`).
    public var experiment: Int
    /// Rounds asked for, R (`max round`).
    public var maxRound: Int
    /// Each client's accuracy after local training, 0…1, by round (`clients acc`).
    public var clientAccuracies: [Int: [Double?]] = [:]
    /// The global model's accuracy, 0…1, by round (`server acc`).
    public var serverAccuracies: [Double?] = []
    /// The final global model (`final weight`, or `final weight file`).
    public var finalWeight = FinalWeight.none
    /// Each client's loss in nats, by round (`clients loss`).
    public var clientLosses: [Int: [Double?]] = [:]
    /// The global model's loss in nats, by round (`server loss`).
    public var serverLosses: [Double?] = []
    /// Training samples of each client, by round; 0 where it gave no update (`clients samples`).
    public var clientSamples: [Int: [Int]] = [:]
    /// Samples per class of each client, by round (`clients class counts`).
    public var clientClassCounts: [Int: [[Int]]] = [:]
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
    /// Which model (`model`).
    public var model: JSONValue = nil
    /// Its number of parameters (`model parameters`).
    public var modelParameters = 0
    /// Where the time went (`timings`).
    public var timings = Timings()
    /// Threads that trained (`threads`).
    public var threads = 1
    /// The CPU's name (`cpu`).
    public var cpu = ""
    /// OpenBLAS's kernels (`blas core`).
    public var blasCore = ""
    /// This package's own kernels (`simd`).
    public var simd = ""
    /// Version of this package (`version`).
    public var version = ""
    /// When the run began; written to the second (`started`).
    public var started = Date(timeIntervalSince1970: 0)

    /// A log without rounds.
    public init(clientNumber: Int, experiment: Int, maxRound: Int) {
        self.clientNumber = clientNumber
        self.experiment = experiment
        self.maxRound = maxRound
    }

    /// Adds a round to every series of rounds; a client that had no part in it has no numbers.
    public mutating func append(_ record: RoundRecord) {
        let before = serverAccuracies.count
        serverAccuracies.append(finite(record.global?.accuracy))
        serverLosses.append(finite(record.global?.loss))
        for part in record.clients where clientAccuracies[part.client] == nil {
            clientAccuracies[part.client] = Array(repeating: nil, count: before)
        }
        let parts = Dictionary(uniqueKeysWithValues: record.clients.map { ($0.client, $0) })
        for client in clientAccuracies.keys {
            let part = parts[client]
            clientAccuracies[client, default: []].append(finite(part?.evaluation?.accuracy))
            clientLosses[client, default: Array(repeating: nil, count: before)].append(
                finite(part?.evaluation?.loss))
            clientSamples[client, default: Array(repeating: 0, count: before)].append(
                part?.sampleCount ?? 0)
        }
    }

    /// Adds a round with its class counts and the time it took.
    public mutating func append(_ round: CommittedRound) {
        let before = serverAccuracies.count
        append(round.record)
        for client in clientAccuracies.keys {
            clientClassCounts[client, default: Array(repeating: [], count: before)].append(
                round.classCounts[client] ?? [])
        }
        timings.roundSeconds.append(round.seconds)
    }

    /// What the log says of the run as a whole: no rounds, and no weights.
    public var withoutSeries: RunLog {
        var log = self
        log.clientAccuracies = [:]
        log.serverAccuracies = []
        log.finalWeight = .none
        log.clientLosses = [:]
        log.serverLosses = []
        log.clientSamples = [:]
        log.clientClassCounts = [:]
        log.timings.roundSeconds = []
        return log
    }

    private func finite(_ value: Double?) -> Double? {
        value.flatMap { $0.isFinite ? $0 : nil }
    }
}
