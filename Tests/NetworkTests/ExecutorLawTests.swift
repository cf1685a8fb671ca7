import Commands
import Datasets
import Experiments
import Federation
import FederationStore
import Foundation
import JSON
import NetworkExperiments
import NeuralNetworks
import RankTraining
import Synchronization
import TestSupport
import TestThreads
import Testing
import ThreadRanks
import Training

/// What holds for a run wherever its clients' work is done: executors × strategies × participation ×
/// resume points.
@Suite("Laws of all executors", .holdsItsThread)
struct ExecutorLawTests {
    /// Where clients' work is done.
    enum Way: Hashable, CustomStringConvertible {
        case threads(Int)
        case server
        case ranks(Int)

        var description: String {
            switch self {
            case .threads(let count): "\(count) threads"
            case .server: "a server"
            case .ranks(let count): "\(count) ranks"
            }
        }

        var execution: Execution {
            switch self {
            case .threads: .memory
            case .server: .loopback(.http)
            case .ranks: .ranks
            }
        }
    }

    /// Who takes part in a round.
    enum Presence: String, CaseIterable {
        case everyone, cohort, chance

        func apply(to settings: inout RunSpec) {
            settings.clients = 5
            guard self != .everyone else { return }
            settings.clients = 9
            settings.cohort = .count(4)
            guard self == .chance else { return }
            settings.overSelection = 1.5
            settings.minimumClients = 2
            settings.availability = 0.8
            settings.dropoutBefore = 0.1
            settings.dropoutAfter = 0.2
        }
    }

    /// A strategy by name, and what makes it of the settings.
    struct Algorithm: CustomStringConvertible, Sendable {
        var description: String
        var apply: @Sendable (inout RunSpec) -> Void

        init(
            _ name: StrategyName, _ also: String = "",
            _ apply: @escaping @Sendable (inout RunSpec) -> Void = { _ in }
        ) {
            description = name.rawValue + also
            self.apply = { settings in
                settings.strategy = name
                apply(&settings)
            }
        }
    }

    static let algorithms: [Algorithm] =
        StrategyName.allCases.filter { $0 != .fedsgd }.map { Algorithm($0) } + [
            Algorithm(.fedavg, ", clipped") { $0.clipUpdate = 0.02 },
            Algorithm(.fedavgm, ", compressed") { $0.compress = "topk:0.05" },
            Algorithm(.median, ", clipped and compressed") {
                $0.clipUpdate = 0.05
                $0.compress = "topk:0.2"
            },
            Algorithm(.scaffold, ", compressed, with momentum") {
                $0.compress = "topk:0.5"
                $0.momentum = 0.5
            },
            Algorithm(.fedprox, ", AdamW, scheduled and augmented, with stragglers") {
                $0.optimizer = .adamw
                $0.schedule = LearningRateSchedule(warmup: 2, .cosine(final: 0.1))
                $0.augment = Augmentation(shift: 2, flips: true)
                $0.stragglers = 0.5
                $0.epochs = 3
            },
            Algorithm(.fednova, ", with stragglers") {
                $0.stragglers = 0.5
                $0.epochs = 3
            },
            Algorithm(.fedprox, ", local statistics") {
                $0.localStatistics = true
                if let normalized { $0.model = ModelChoice(normalized, name: "normalized") }
            },
        ]

    /// A network with a batch normalisation.
    private static let normalized = try? Architecture(
        input: .image(height: 28, width: 28, channels: 1),
        [.flatten, .dense(12), .batchNormalization(momentum: 0.9), .relu, .dense(10)])

    private static let rounds = 4
    private static let dataset = GeneratedDigits.dataset(
        seed: 2, trainCount: 600, testCount: 100, threads: 2)

    private func settings(_ algorithm: Algorithm, _ presence: Presence) -> RunSpec {
        var settings = RunSpec()
        settings.model = .logisticRegression
        settings.experiment = .unequalRandom
        settings.samples = 30
        settings.rounds = Self.rounds
        settings.epochs = 1.5
        settings.learningRate = 0.05
        settings.learningRateDecay = 0.9
        settings.dataset = "digits"
        presence.apply(to: &settings)
        algorithm.apply(&settings)
        return settings
    }

    private struct Killed: Error {}

    /// Does something on a thread of its own: a run waits for others, which Swift's few threads, each
    /// with a test, would never get to.
    private func inThread(_ body: @escaping @Sendable (URL) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try Command.inTemporaryFolder(body) })
            }
        }
    }

    /// What came of a run, or of a part of one.
    private struct Course {
        var name: String
        var result: RunResult
        /// After each round of this part.
        var known: [FederationState]
    }

    /// Runs with a store until the process is lost in the round after `last`.
    private func run(
        _ settings: RunSpec, _ way: Way, store path: String,
        resuming name: String? = nil,
        until last: Int = rounds
    ) throws -> Course {
        let store = try RunStore(path: path)
        defer { store.close() }
        let known = Mutex<[FederationState]>([])
        let begun = Mutex<String>("")
        let resumed = try name.map { _ in try #require(try ResumedRun(last: "run", in: store)) }
        let commit: @Sendable (CommittedRound, FederationState) throws -> Void = { round, state in
            if round.record.round > last { throw Killed() }
            try store.commit(round, state: state, in: begun.withLock { $0 })
            known.withLock { $0.append(state) }
        }
        func experiment(_ communicator: (any Communicator)?) throws -> ExperimentRun {
            var (threads, place) = (1, communicator.map { ClientPlace.ranks($0) } ?? .threads)
            if case .threads(let count) = way { threads = count }
            if way == .server { place = .loopback(.http) { try LoopbackFederation($0) } }
            return try ExperimentRun(
                settings, data: RunData(Self.dataset), threads: threads, resuming: resumed,
                place: place)
        }
        func begin(_ experiment: ExperimentRun) throws -> String {
            let run =
                try name
                ?? store.begin(
                    kind: "run", header: experiment.header,
                    source: JSONValue(encoding: experiment.data.source),
                    layout: experiment.architecture.layout)
            begun.withLock { $0 = run }
            return run
        }
        guard case .ranks(let count) = way else {
            let experiment = try experiment(nil)
            let run = try begin(experiment)
            return Course(
                name: run, result: experiment.run(committing: commit), known: known.withLock { $0 })
        }
        let part = try experiment(nil).parts
        return try ThreadCommunicator.run(size: count) { communicator in
            Result {
                let experiment = try experiment(communicator)
                let run = try begin(experiment)
                let result = experiment.run(committing: commit)
                DistributedFederation.dismiss(communicator)
                return Course(name: run, result: result, known: known.withLock { $0 })
            }
        } serve: { communicator in
            RankWorker(part, communicator).serve()
        }.get()
    }

    private func expectSame(_ found: Course, _ expected: Course, from first: Int, _ note: Comment) {
        #expect(found.result.outcome == expected.result.outcome, note)
        #expect(found.result.model == expected.result.model, note)
        #expect(found.known == Array(expected.known.dropFirst(first)), note)
        #expect(
            found.result.rounds.map(\.record) == expected.result.rounds.map(\.record), note)
        #expect(
            found.result.rounds.map(\.classCounts) == expected.result.rounds.map(\.classCounts),
            note)
        #expect(found.result.rounds.map(\.metrics) == expected.result.rounds.map(\.metrics), note)
        for round in found.result.rounds {
            #expect(round.trainingSeconds > 0 && round.evaluationSeconds > 0, note)
        }
    }

    @Test("Threads, ranks and a server: the same states, records and models", arguments: algorithms)
    func ways(algorithm: Algorithm) async throws {
        try await inThread { folder in
            for presence in Presence.allCases {
                let settings = settings(algorithm, presence)
                let path = { (name: String) in folder.appending(path: "\(presence)-\(name)").path }
                let expected = try run(settings, .threads(1), store: path("one"))
                #expect(expected.result.outcome == .completed)
                #expect(expected.known.count == Self.rounds)
                for round in expected.result.rounds {
                    for client in round.record.clients where client.sampleCount != nil {
                        #expect((client.updateNorm ?? 0) > 0)
                        #expect((client.updateCosine != nil) == (round.record.round > 1))
                    }
                }
                for way in [Way.threads(3), .ranks(1), .ranks(3)]
                    + (presence == .chance ? [] : [.server])
                {
                    let found = try run(settings, way, store: path("\(way)"))
                    expectSame(found, expected, from: 0, "\(algorithm), \(presence), \(way)")
                }
            }
        }
    }

    @Test(
        "Broken off after any round, by any way, and gone on with by any other",
        arguments: algorithms)
    func resumed(algorithm: Algorithm) async throws {
        try await inThread { folder in
            let settings = settings(algorithm, .cohort)
            let expected = try run(
                settings, .threads(2), store: folder.appending(path: "whole").path)
            let ways = [Way.threads(2), .server, .ranks(2)]
            for last in 1..<Self.rounds {
                for (index, way) in ways.enumerated() {
                    let other = ways[(index + last) % ways.count]
                    let note: Comment = "\(algorithm), round \(last), \(way), then \(other)"
                    let path = folder.appending(path: "\(last)-\(index)").path
                    let broken = try run(settings, way, store: path, until: last)
                    #expect(broken.result.commitError is Killed, note)
                    #expect(broken.result.outcome == .interrupted, note)
                    #expect(broken.known == Array(expected.known.prefix(last)), note)
                    let store = try RunStore(path: path, access: .reading)
                    #expect(try store.state(of: broken.name) == expected.known[last - 1], note)
                    store.close()
                    let again = try run(settings, other, store: path, resuming: broken.name)
                    expectSame(again, expected, from: last, note)
                }
            }
        }
    }

    @Test("A state of another strategy is not gone on with")
    func stranger() throws {
        try Command.inTemporaryFolder { folder in
            let path = folder.appending(path: "store").path
            let scaffold = settings(Algorithm(.scaffold), .everyone)
            let broken = try run(scaffold, .threads(1), store: path, until: 2)
            let store = try RunStore(path: path)
            defer { store.close() }
            try store.write { db in
                try db.execute(
                    sql:
                        "UPDATE server_vectors SET name = 'velocity v'; UPDATE runs SET is_finished = 0"
                )
            }
            let resumed = try #require(try ResumedRun(last: "run", in: store))
            let error = #expect(throws: ResumeError.self) {
                try ExperimentRun(scaffold, data: RunData(Self.dataset), resuming: resumed)
            }
            #expect(
                error?.description == "run \(broken.name) cannot be resumed: its state is another "
                    + "strategy's: it has a “velocity v”, which SCAFFOLD does not keep")
        }
    }
}
