import Datasets
import Federation
import Foundation
import NeuralNetworks
import Parameters
import TestThreads
import Testing
import Training

/// The samples that a model took most surely for another class.
@Suite("A test's surest mistakes", .holdsItsThread)
struct MistakeTests {
    /// A model whose outputs are its inputs.
    private func identity(_ count: Int) throws -> (Architecture, ParameterVector) {
        let architecture = try Architecture(input: .vector(count), [.dense(count)])
        var values = [Float](repeating: 0, count: count * count + count)
        for index in 0..<count { values[index * count + index] = 1 }
        return (architecture, ParameterVector(values))
    }

    /// By the definition: all wrong ones, sorted.
    private func naive(_ rows: [[Float]], _ labels: [Int]) -> [Mistake] {
        var all: [Mistake] = []
        for (index, (row, label)) in zip(rows, labels).enumerated() {
            guard let largest = row.max(), let guess = row.firstIndex(of: largest), guess != label
            else { continue }
            let sum = row.reduce(0) { $0 + exp(Double($1) - Double(largest)) }
            all.append(Mistake(index: index, truth: label, guess: guess, confidence: 1 / sum))
        }
        all.sort {
            $0.confidence == $1.confidence
                ? $0.index < $1.index : $0.confidence > $1.confidence
        }
        return Array(all.prefix(Mistake.limit))
    }

    @Test("They are the surest of all, of equal ones the first, whatever the threads")
    func definition() throws {
        let (architecture, model) = try identity(5)
        var random = RandomStream(RandomKey(seed: 3, purpose: .benchmark))
        // Outputs of few values, so that many are equally sure; more samples than two pieces have.
        let rows = (0..<1500).map { _ in (0..<5).map { _ in Float(random.next(below: 4)) / 2 } }
        let labels = rows.map { _ in random.next(below: 5) }
        let samples = try Samples(
            features: rows.flatMap(\.self), featureCount: 5, labels: labels, classCount: 5)
        let expected = naive(rows, labels)
        #expect(expected.count == Mistake.limit)
        for threads in [1, 2, 7] {
            let found = EvaluationSet(samples).evaluate(
                model, architecture: architecture, threads: threads
            ).classes?.mistakes
            #expect(found == expected)
        }
        // Of a part of the test set they have the numbers that they have in all of it.
        let part = EvaluationSet(samples, fraction: 0.5, seed: 1)
        let chosen = Set(part.indices.map(Int.init))
        let found = try #require(
            part.evaluate(model, architecture: architecture, threads: 2).classes?.mistakes)
        #expect(found.allSatisfy { chosen.contains($0.index) && labels[$0.index] == $0.truth })
    }

    @Test("A model without mistakes has none, and outputs that are no numbers are no confidence")
    func none() throws {
        let (architecture, model) = try identity(2)
        let samples = try Samples(
            features: [1, 0, 0, 1], featureCount: 2, labels: [0, 1], classCount: 2)
        let found = EvaluationSet(samples).evaluate(
            model, architecture: architecture, threads: 1)
        #expect(found.classes?.mistakes == [])
        let broken = ParameterVector([Float](repeating: .nan, count: model.count))
        let none = EvaluationSet(samples).evaluate(
            broken, architecture: architecture, threads: 1)
        #expect(none.classes?.mistakes == [])
    }

    @Test("Images come along, and log and store's JSON give them back")
    func images() throws {
        let digits = GeneratedDigits.dataset(seed: 4, trainCount: 20, testCount: 100, threads: 2)
        let ten = try Architecture(
            input: .image(height: 28, width: 28, channels: 1), [.flatten, .dense(10)])
        let classes = try #require(
            EvaluationSet(digits.test).evaluate(
                ten.initialParameters(seed: 2), architecture: ten, threads: 2
            ).classes)
        let mistakes = try #require(classes.mistakes)
        #expect(mistakes.count == Mistake.limit)
        for mistake in mistakes {
            let png = try #require(digits.test.picture(mistake.index))
            #expect(
                mistake.image == "data:image/png;base64," + Data(png).base64EncodedString())
        }
        let text = try JSONEncoder().encode(classes)
        #expect(try JSONDecoder().decode(ClassResults.self, from: text) == classes)
        var log = RunLog(clientNumber: 1, experiment: 1, maxRound: 1)
        log.append(
            CommittedRound(
                record: RoundRecord(
                    round: 1, clients: [], global: Evaluation(accuracy: 0, loss: 1, count: 100)),
                classes: classes))
        let back = try RunLog(decoding: log.encoded())
        #expect(back == log)
        #expect(back.classResults?.mistakes == mistakes)
    }

    @Test("A log whose mistakes are none is refused, whatever would become of a page")
    func refused() throws {
        var log = RunLog(clientNumber: 1, experiment: 1, maxRound: 1)
        let good = Mistake(index: 1, truth: 0, guess: 1, confidence: 0.5)
        log.classResults = RunLog.LoggedClasses(accuracies: [1, 0], mistakes: [good])
        #expect(try RunLog(decoding: log.encoded()).classResults?.mistakes == [good])
        for change: (inout Mistake) -> Void in [
            { $0.index = -1 }, { $0.truth = 2 }, { $0.guess = 0 }, { $0.confidence = 1.5 },
            { $0.image = "http://example.org/a.png" }, { $0.image = "data:image/svg+xml,<svg>" },
            { $0.image = "data:image/png;base64,\"><script>" },
            { $0.image = "data:image/png;base64," + String(repeating: "A", count: 30_000) },
        ] {
            var bad = good
            change(&bad)
            log.classResults?.mistakes = [bad]
            #expect(throws: RunLogError.self, "\(bad)") { try RunLog(decoding: log.encoded()) }
        }
        log.classResults?.mistakes = Array(repeating: good, count: Mistake.limit + 1)
        #expect(throws: RunLogError.self) { try RunLog(decoding: log.encoded()) }
    }
}
