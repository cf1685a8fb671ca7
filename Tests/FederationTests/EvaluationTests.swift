import Federation
import Foundation
import JSON
import Parameters
import TestThreads
import Testing

@Suite("Evaluations", .holdsItsThread)
struct EvaluationTests {
    private let classes = ClassResults(
        counts: [3, 0, 2], correct: [2, 0, 2], confusion: [[2, 0, 1], [0, 0, 0], [0, 0, 2]])

    @Test("What an earlier version wrote is read, and what is not there is not written")
    func earlier() throws {
        let old = #"{"accuracy":0.5,"loss":1.25,"count":10}"#
        let read = try JSONDecoder().decode(Evaluation.self, from: Data(old.utf8))
        #expect(read == Evaluation(accuracy: 0.5, loss: 1.25, count: 10))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let written = String(decoding: try encoder.encode(read), as: UTF8.self)
        #expect(written == #"{"accuracy":0.5,"count":10,"loss":1.25}"#)
    }

    @Test("With all that was measured it comes back as it was")
    func whole() throws {
        let whole = Evaluation(
            accuracy: 0.8, loss: 0.5, count: 5, metrics: ["auc": 0.75], classes: classes)
        #expect(
            try JSONDecoder().decode(Evaluation.self, from: JSONEncoder().encode(whole)) == whole)
    }

    @Test("Accuracy by class, and balanced: classes without samples have none")
    func classAccuracies() {
        #expect(classes.accuracies == [2.0 / 3, nil, 1])
        let balanced: Double = (2.0 / 3 + 1) / 2
        #expect(classes.balancedAccuracy == balanced)
        #expect(ClassResults(counts: [0], correct: [0]).balancedAccuracy == nil)
    }

    @Test("Results from outside that are of no classes are told apart")
    func sound() {
        #expect(classes.isSound)
        #expect(ClassResults(counts: [1], correct: [1]).isSound)
        #expect(!ClassResults(counts: [1], correct: [2]).isSound)
        #expect(!ClassResults(counts: [-1], correct: [0]).isSound)
        #expect(!ClassResults(counts: [1], correct: [1], confusion: [[1, 0]]).isSound)
        #expect(!ClassResults(counts: [1, 1], correct: [1, 1], confusion: [[1, 0]]).isSound)
    }

    // MARK: In a run

    @Test("A run keeps every round's metrics, and the last test's classes; records are as ever")
    func machine() throws {
        let plan = RunPlan(
            rules: RoundEngine.Configuration(
                population: 2, rounds: 5, evaluationInterval: 2, evaluatesClients: true, seed: 5),
            strategy: .fedAvg, layout: MachineDriver.layout, seed: 5, opensBeforeCommit: true)
        for seed in 1...8 as ClosedRange<UInt64> {
            var driver = MachineDriver(plan, seed: seed)
            driver.measured = classes
            let ended = driver.run()
            let result = try #require(ended)
            #expect(result.outcome == .completed)
            let tested = result.rounds.filter { $0.record.global != nil }
            #expect(tested.map(\.record.round) == [2, 4, 5], "seed \(seed)")
            for round in result.rounds {
                let isTested = round.record.global != nil
                let metrics: [String: Double] = isTested ? ["measured": 0.5] : [:]
                #expect(round.metrics == metrics, "seed \(seed)")
                let kept = round.record.round == 5 ? classes : nil
                #expect(round.classes == kept, "seed \(seed)")
                if let global = round.record.global { #expect(global == global.short) }
                for client in round.record.clients {
                    #expect(client.evaluation?.metrics == [:])
                    #expect(client.evaluation?.classes == nil)
                }
            }
            // Each was made permanent with its own.
            let made = driver.commits.map { $0.round.classes != nil }
            #expect(made == [false, true, false, true, true])
        }
    }

    @Test("R² below −1 is a best one, too: patience counts from it")
    func negative() {
        var engine = RoundEngine(
            RoundEngine.Configuration(
                population: 1, rounds: 9, patience: 1, evaluatesClients: false))
        _ = engine.handle(.begin)
        for (round, accuracy) in [(1, -5.0), (2, -6.0)] {
            _ = engine.handle(.updateReceived(client: 0, round: round, sampleCount: 1))
            _ = engine.handle(.updateFolded(client: 0, round: round))
            _ = engine.handle(
                .globalEvaluated(
                    round: round, Evaluation(accuracy: accuracy, loss: 1, count: 1)))
        }
        #expect(engine.outcome == .noProgress(rounds: 1))
    }

    // MARK: In a log

    private func log() -> RunLog {
        var log = RunLog(clientNumber: 1, experiment: 1, maxRound: 2)
        for round in 1...2 {
            log.append(
                CommittedRound(
                    record: RoundRecord(
                        round: round, clients: [],
                        global: Evaluation(accuracy: 0.5, loss: 1, count: 5)),
                    metrics: ["auc": 0.5], classes: round == 2 ? classes : nil))
        }
        log.classNames = ["cat", "dog \"Rex\"", "…"]
        log.score = .r2
        return log
    }

    @Test("A log has them under keys of their own, and is read as it was")
    func logged() throws {
        let log = log()
        let members = try JSONValue(decoding: log.encoded())
        guard case .object(let members) = members else { return #expect(Bool(false)) }
        #expect(members["confusion_matrix"] == [[2, 0, 1], [0, 0, 0], [0, 0, 2]])
        #expect(members["class_accuracies"] == [.number(2.0 / 3), nil, 1.0])
        #expect(members["class_names"] == ["cat", "dog \"Rex\"", "…"])
        #expect(members["score"] == "R²")
        #expect(members["round_metrics"] == ["auc": [0.5, 0.5]])
        #expect(try RunLog(decoding: log.encoded()) == log)
        #expect(log.withoutSeries.classResults == nil)
        #expect(log.withoutSeries.classNames == log.classNames)
    }

    @Test("What is wrong in them is named")
    func malformed() throws {
        let text = String(decoding: log().encoded(), as: UTF8.self)
        for (right, wrong, key) in [
            ("[2, 0, 1]", "[2, 0]", "confusion_matrix"), ("[0, 0, 0], ", "", "confusion_matrix"),
            ("[2, 0, 1]", "[2, 0, 0.5]", "confusion_matrix"), ("\"cat\"", "1", "class_names"),
            ("\"R²\"", "\"R³\"", "score"),
        ] {
            let changed = text.replacing(right, with: wrong)
            #expect(changed != text)
            let error = #expect(throws: RunLogError.self) {
                try RunLog(decoding: Array(changed.utf8))
            }
            #expect("\(error!)".contains(key), "\(error!)")
        }
    }
}
