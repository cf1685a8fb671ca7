import Datasets
import Federation
import NeuralNetworks
import Parameters
import TestThreads
import Testing
import Training

@Suite("What tests measure", .holdsItsThread)
struct MetricTests {
    // MARK: By hand

    /// Two features each that nobody looks at, and labels.
    private func samples(_ labels: [Int], classes: Int) throws -> Samples {
        try Samples(
            features: [Float](repeating: 0, count: 2 * labels.count), featureCount: 2,
            labels: labels, classCount: classes)
    }

    private func evaluation(
        _ labels: [Int], _ predictions: [Int32], classes: Int, scores: [Float] = [],
        owners: [Int32]? = nil, outputs: Int? = nil
    ) throws -> Evaluation {
        let set = EvaluationSet(try samples(labels, classes: classes), owners: owners)
        var piece = PieceResult()
        piece.count = labels.count
        piece.outputs = outputs ?? classes
        piece.lossSum = 6
        piece.predictions = predictions
        piece.scores = scores
        piece.correct = zip(labels, predictions).count { $0 == Int($1) }
        return set.combine([piece])
    }

    @Test("Confusion matrix, class and balanced accuracy of six samples")
    func confusion() throws {
        let found = try evaluation([0, 0, 1, 1, 1, 3], [0, 1, 1, 1, 0, 2], classes: 4)
        #expect(found.accuracy == 0.5)
        #expect(found.loss == 1)
        let classes = try #require(found.classes)
        #expect(
            classes.confusion == [[1, 1, 0, 0], [1, 2, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]])
        #expect(classes.accuracies == [0.5, 2.0 / 3, nil, 0])
        #expect(classes.counts == [2, 3, 0, 1])
        let balanced: Double = (0.5 + 2.0 / 3 + 0) / 3
        #expect(found.metrics == [Metric.balancedAccuracy: balanced])
    }

    @Test("Without predictions there is accuracy and loss alone, as of a client's model")
    func short() throws {
        let set = EvaluationSet(try samples([0, 1], classes: 2))
        var piece = PieceResult()
        piece.count = 2
        piece.correct = 1
        #expect(set.combine([piece]) == Evaluation(accuracy: 0.5, loss: 0, count: 2))
    }

    @Test("Many classes have no matrix, but accuracies")
    func manyClasses() {
        let limit = ClassResults.confusionLimit
        for (count, hasMatrix) in [(limit, true), (limit + 1, false)] {
            let last = Int32(count - 1)
            let results = ClassResults(
                labels: [0, last, last], predictions: [0, 0, last], classCount: count)
            #expect((results.confusion != nil) == hasMatrix)
            #expect(results.accuracies[count - 1] == 0.5)
        }
    }

    @Test("R² of one number: 1 − SSE / SST, below 0 where the mean is better, 0 of a constant")
    func determination() throws {
        func score(_ targets: [Float], errors: [Double]) throws -> Evaluation {
            let set = EvaluationSet(
                try Samples(
                    values: [Float](repeating: 0, count: targets.count), shape: [1],
                    targets: targets, targetCount: 1))
            var piece = PieceResult()
            piece.count = targets.count
            piece.squaredErrors = [errors.reduce(0) { $0 + $1 * $1 }]
            piece.absoluteErrorSum = errors.reduce(0) { $0 + abs($1) }
            return set.combine([piece])
        }
        // SST of 1, 2, 3, 6 is 4 + 1 + 0 + 9.
        let good = try score([1, 2, 3, 6], errors: [1, -1, 0, 2])
        #expect(abs(good.accuracy - (1 - 6.0 / 14)) < 1e-15)
        #expect(
            good.metrics == [Metric.meanAbsoluteError: 1, Metric.meanSquaredError: 1.5])
        #expect(good.classes == nil)
        #expect(try score([1, 2, 3, 6], errors: [5, 5, 5, 5]).accuracy == 1 - 100.0 / 14)
        #expect(try score([4, 4, 4], errors: [1, 0, 0]).accuracy == 0)
        #expect(try score([4, 4, 4], errors: [0, 0, 0]).accuracy == 0)
        // Of a model that has diverged no number is known, and the log has none that is not finite.
        #expect(try score([1, 2], errors: [.nan, 0]).accuracy == 0)
    }

    @Test("R² of two numbers is the mean of theirs")
    func severalNumbers() throws {
        let set = EvaluationSet(
            try Samples(
                values: [0, 0, 0], shape: [1], targets: [1, 10, 2, 20, 3, 60], targetCount: 2))
        var piece = PieceResult()
        piece.count = 3
        // SST are 2 and 1400.
        piece.squaredErrors = [1, 700]
        #expect(set.combine([piece]).accuracy == 0.5)
    }

    @Test("The worst decile of owners, at least one, and the mean over owners")
    func owners() throws {
        // Owner k of 0 … 19 has 20 samples, of which k are classified rightly; owner 20 has none.
        var (labels, predictions, owners): ([Int], [Int32], [Int32]) = ([], [], [])
        for owner in 0..<20 {
            for sample in 0..<20 {
                labels.append(1)
                predictions.append(sample < owner ? 1 : 0)
                owners.append(Int32(owner))
            }
        }
        let many = try evaluation(labels, predictions, classes: 3, owners: owners)
        #expect(many.metrics[Metric.worstDecileAccuracy] == (0.0 / 20 + 1.0 / 20) / 2)
        let mean = try #require(many.metrics[Metric.clientsMeanAccuracy])
        #expect(abs(mean - 9.5 / 20) < 1e-12)
        // An owner of one sample counts as much as one of three.
        let few = try evaluation([0, 0, 0, 0], [0, 0, 0, 1], classes: 3, owners: [5, 5, 5, 2])
        #expect(few.metrics[Metric.worstDecileAccuracy] == 0)
        #expect(few.metrics[Metric.clientsMeanAccuracy] == 0.5)
        #expect(few.accuracy == 0.75)
    }

    // MARK: Against the plain way

    @Test("The area under the curve is the share of pairs in order, ties by half")
    func area() throws {
        func naive(_ scores: [Float], _ labels: [Int32]) -> Double? {
            var (sum, pairs) = (0.0, 0)
            for (one, label) in zip(scores, labels) where label == 1 {
                for (zero, other) in zip(scores, labels) where other == 0 {
                    sum += one > zero ? 1 : one == zero ? 0.5 : 0
                    pairs += 1
                }
            }
            return pairs == 0 ? nil : sum / Double(pairs)
        }
        for seed in UInt64(1)...60 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
            let count = 1 + random.next(below: 200)
            let distinct = 1 + random.next(below: 40)
            let scale = pow2(random.next(below: 60) - 30)
            let labels = (0..<count).map { _ in Int32(random.next(below: 2)) }
            let scores = (0..<count).map { _ in
                let value = Float(random.next(below: distinct) - distinct / 2)
                return value == 0 && random.next(below: 2) == 0 ? -0.0 : value * scale
            }
            let found = EvaluationSet.areaUnderCurve(scores: scores, labels: labels)
            let expected = naive(scores, labels)
            #expect((found == nil) == (expected == nil), "seed \(seed)")
            if let found, let expected { #expect(abs(found - expected) < 1e-12, "seed \(seed)") }
        }
        #expect(EvaluationSet.areaUnderCurve(scores: [1, 2], labels: [0, 1]) == 1)
        #expect(EvaluationSet.areaUnderCurve(scores: [2, -.infinity], labels: [0, 1]) == 0)
        #expect(EvaluationSet.areaUnderCurve(scores: [.nan, 1], labels: [0, 1]) == nil)
        #expect(EvaluationSet.areaUnderCurve(scores: [1, 2], labels: [1, 1]) == nil)
    }

    private func pow2(_ exponent: Int) -> Float {
        Float(sign: .plus, exponent: exponent, significand: 1)
    }

    /// A model whose outputs are its inputs.
    private func identity(_ count: Int) throws -> (Architecture, ParameterVector) {
        let architecture = try Architecture(input: .vector(count), [.dense(count)])
        var values = [Float](repeating: 0, count: count * count + count)
        for index in 0..<count { values[index * count + index] = 1 }
        return (architecture, ParameterVector(values))
    }

    @Test(
        "The class is the first of the largest outputs; the first five are those that beat others")
    func predictions() throws {
        let (architecture, model) = try identity(7)
        let rows: [[Float]] = [
            [7, 6, 5, 4, 3, 2, 1], [7, 6, 5, 4, 3, 2, 1], [1, 1, 1, 1, 1, 1, 1],
            [1, 1, 1, 1, 1, 1, 1], [-1, -2, -3, -4, -5, -6, -7],
        ]
        let labels = [4, 5, 4, 5, 0]
        let set = EvaluationSet(
            try Samples(
                features: rows.flatMap(\.self), featureCount: 7, labels: labels, classCount: 7))
        let found = set.evaluate(model, architecture: architecture, threads: 1)
        #expect(found.metrics[Metric.topFiveAccuracy] == 3.0 / 5)
        #expect(found.metrics[Metric.areaUnderCurve] == nil)
        #expect(found.classes?.correct == [1, 0, 0, 0, 0, 0, 0])
        #expect(found.accuracy == 1.0 / 5)
        // Of one against the rest it is the same class, though none or two may say yes.
        let apart = set.evaluate(
            model, architecture: architecture, loss: .sigmoidCrossEntropy, threads: 1)
        #expect(apart.classes?.confusion == found.classes?.confusion)
        #expect(apart.classes?.mistakes != found.classes?.mistakes)
        #expect(apart.accuracy == found.accuracy)
        #expect(apart.loss != found.loss)
    }

    @Test("Two classes by one output or by two: the same classes, accuracy and area")
    func twoClasses() throws {
        let scores: [Float] = [-2, -1, 0, 0.5, 1, 3, -4]
        let labels = [0, 1, 0, 1, 1, 1, 0]
        let (one, oneModel) = try identity(1)
        let single = EvaluationSet(
            try Samples(features: scores, featureCount: 1, labels: labels, classCount: 2)
        ).evaluate(oneModel, architecture: one, loss: .sigmoidCrossEntropy, threads: 1)
        let (two, twoModel) = try identity(2)
        let pair = EvaluationSet(
            try Samples(
                features: scores.flatMap { [0, $0] }, featureCount: 2, labels: labels,
                classCount: 2)
        ).evaluate(twoModel, architecture: two, threads: 1)
        #expect(single.classes == pair.classes)
        #expect(single.accuracy == 6.0 / 7)
        #expect(single.metrics == pair.metrics)
        #expect(single.metrics[Metric.areaUnderCurve] == 11.0 / 12)
        #expect(abs(single.loss - pair.loss) < 1e-7)
    }

    @Test("The same bits whatever the threads, of classes and of numbers")
    func threads() throws {
        let digits = GeneratedDigits.dataset(seed: 4, trainCount: 20, testCount: 1300, threads: 2)
        let ten = try Architecture(
            input: .image(height: 28, width: 28, channels: 1), [.flatten, .dense(10)])
        let owners = (0..<1300).map { Int32($0 % 37) }
        var random = RandomStream(RandomKey(seed: 1, purpose: .benchmark))
        let numbers = try Samples(
            values: (0..<3000).map { _ in Float(random.nextUniform()) }, shape: [2],
            targets: (0..<1500).map { _ in Float(random.nextUniform()) }, targetCount: 1)
        let line = try Architecture(input: .vector(2), [.dense(1)])
        for (set, architecture) in [
            (EvaluationSet(digits.test, owners: owners), ten), (EvaluationSet(numbers), line),
            (EvaluationSet(digits.test, fraction: 0.7, owners: owners), ten),
        ] {
            let model = architecture.initialParameters(seed: 2)
            let one = set.evaluate(model, architecture: architecture, threads: 1)
            for threads in [2, 3, 8] {
                let many = set.evaluate(model, architecture: architecture, threads: threads)
                #expect(many == one)
            }
            #expect(one.count == set.indices.count)
            for (name, value) in one.metrics { #expect(value.isFinite, "\(name)") }
            if let classes = one.classes {
                let counted = classes.counts.reduce(0, +)
                #expect(counted == one.count)
                let right = classes.correct.reduce(0, +)
                #expect(Double(right) / Double(one.count) == one.accuracy)
                let cells = try #require(classes.confusion).flatMap(\.self)
                let inCells = cells.reduce(0, +)
                #expect(inCells == one.count)
                #expect(one.metrics.count == 4)
            } else {
                #expect(one.metrics.count == 2)
                let error = try #require(one.metrics[Metric.meanSquaredError])
                #expect(abs(error - one.loss) < 1e-9)
            }
        }
    }
}
