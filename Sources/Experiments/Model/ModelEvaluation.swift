import Datasets
import Federation
import Foundation
import JSON
import NeuralNetworks
import Parameters
import Training

/// What a model gets right of test samples, and what it does not.
public struct ModelEvaluation: Sendable {
    /// A sample that was taken for another class.
    public struct Mistake: Hashable, Sendable {
        /// Which of the data's test samples, from 0.
        public let index: Int
        /// Its class.
        public let truth: Int
        /// The class that it was taken for.
        public let guess: Int
        /// The probability of that, by the model.
        public let confidence: Double
    }

    /// A sample whose numbers were missed.
    public struct Miss: Hashable, Sendable {
        /// Which of the data's test samples, from 0.
        public let index: Int
        /// Its numbers.
        public let truth: [Double]
        /// What was predicted.
        public let guess: [Double]

        /// The mean of (ŷ − y)² over its numbers.
        public var squaredError: Double {
            zip(truth, guess).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                / Double(max(truth.count, 1))
        }
    }

    /// The model.
    public let model: TrainedModel
    /// The data.
    public let data: RunData
    /// Accuracy or R², loss, other measures, and how it did class by class: what a run's test gives.
    public let evaluation: Evaluation
    /// Whether its confidence is to be believed; nil where numbers are predicted.
    public let calibration: Calibration?
    /// The most confidently wrong, at most `shown`; of equal confidence the first.
    public let mistakes: [Mistake]
    /// The samples that were missed by most, at most `shown`; empty of classes.
    public let misses: [Miss]
    /// How many samples were taken for another class.
    public let mistakeCount: Int

    /// Mistakes and misses that are listed.
    public static let shown = 24

    /// Tests a model.
    /// - Parameters:
    ///   - run: the settings of its run, where it is tested on just the samples that the run was tested on;
    ///     nil for all of the data's test samples.
    ///   - threads: they change no bit.
    /// - Precondition: it is a model for these samples: see `ModelSource.model`.
    public init(
        of model: TrainedModel, on data: RunData, asIn run: RunSpec? = nil,
        threads: Int = availableProcessorCount()
    ) {
        var samples = data.dataset.test
        if let scaling = model.scaling { samples.scaling = scaling }
        let set = EvaluationSet(
            samples, fraction: run?.evaluationFraction ?? 1, seed: run?.seed ?? 0,
            owners: data.dataset.owners?.test)
        self.model = model
        self.data = data
        evaluation = set.evaluate(
            model.parameters, architecture: model.architecture, engine: model.engine,
            loss: model.loss, threads: threads)
        guard samples.targetCount == 0 else {
            calibration = nil
            mistakes = []
            mistakeCount = 0
            let guesses = model.outputs(for: samples, at: set.indices, threads: threads) {
                $0.map { Double($0) }
            }
            let all = zip(set.indices, guesses).map { index, guess in
                let start = Int(index) * samples.targetCount
                return Miss(
                    index: Int(index),
                    truth: samples.targets[start..<start + samples.targetCount].map { Double($0) },
                    guess: guess)
            }
            misses = Array(
                all.sorted { ($1.squaredError, $0.index) < ($0.squaredError, $1.index) }
                    .prefix(Self.shown))
            return
        }
        let guesses = model.outputs(for: samples, at: set.indices, threads: threads) { outputs in
            let guess = model.guess(outputs)
            return (class: guess, confidence: model.probabilities(outputs)[guess])
        }
        let labels = set.indices.map { Int(samples.labels[Int($0)]) }
        calibration = Calibration(
            zip(guesses, labels).map { guess, label in
                (confidence: guess.confidence, isRight: guess.class == label)
            })
        let wrong = guesses.indices.filter { guesses[$0].class != labels[$0] }
        mistakeCount = wrong.count
        mistakes = wrong.map { place in
            Mistake(
                index: Int(set.indices[place]), truth: labels[place], guess: guesses[place].class,
                confidence: guesses[place].confidence)
        }.sorted { ($1.confidence, $0.index) < ($0.confidence, $1.index) }
            .prefix(Self.shown).map(\.self)
        misses = []
    }

    /// What classes are called: by the model's file, else by the data.
    public func className(_ label: Int) -> String {
        let names = data.dataset.classNames
        return model.classNames.isEmpty && names.indices.contains(label)
            ? names[label] : model.className(label)
    }

    // MARK: JSON

    /// All of it.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "model": .string(model.name), "data": .string(data.dataset.origin),
            "samples": .integer(evaluation.count), "loss": .number(evaluation.loss),
            "metrics": .object(evaluation.metrics.mapValues(JSONValue.number)),
        ]
        members[model.predictsNumbers ? "r2" : "accuracy"] = .number(evaluation.accuracy)
        if let classes = evaluation.classes {
            members["classes"] = .array(
                classes.counts.indices.map { label in
                    [
                        "name": .string(className(label)),
                        "samples": .integer(classes.counts[label]),
                        "correct": .integer(classes.correct[label]),
                        "accuracy": classes.accuracies[label].map(JSONValue.number) ?? .null,
                        "precision": classes.precision(label).map(JSONValue.number) ?? .null,
                    ]
                })
            members["confusion"] =
                classes.confusion.map { .array($0.map { .array($0.map(JSONValue.integer)) }) }
                ?? .null
        }
        if let calibration {
            members["calibration"] = [
                "expected_calibration_error": .number(calibration.expectedError),
                "bins": .array(
                    calibration.bins.map { bin in
                        [
                            "samples": .integer(bin.count),
                            "accuracy": bin.accuracy.map(JSONValue.number) ?? .null,
                            "confidence": bin.confidence.map(JSONValue.number) ?? .null,
                        ]
                    }),
            ]
            members["mistakes"] = .array(mistakes.map { .object(entry(of: $0)) })
        } else {
            members["misses"] = .array(
                misses.map { miss in
                    [
                        "index": .integer(miss.index),
                        "truth": .array(miss.truth.map(JSONValue.number)),
                        "guess": .array(miss.guess.map(JSONValue.number)),
                    ]
                })
        }
        return .object(members)
    }

    private func entry(of mistake: Mistake) -> [String: JSONValue] {
        [
            "index": .integer(mistake.index), "truth": .integer(mistake.truth),
            "guess": .integer(mistake.guess), "confidence": .number(mistake.confidence),
        ]
    }

    /// The mistakes with their images, for `plot_mistakes.py`; nil where samples are no images, and where
    /// nothing is wrong.
    package var pictureJSON: JSONValue? {
        let samples = data.dataset.test
        guard !mistakes.isEmpty, samples.arePictures else { return nil }
        return [
            "mistakes": .array(
                mistakes.map { mistake in
                    var shown = entry(of: mistake)
                    shown["image"] =
                        samples.picture(mistake.index).map {
                            .string("data:image/png;base64," + Data($0).base64EncodedString())
                        } ?? .null
                    return .object(shown)
                }),
            "classNames": .array((0..<model.classCount).map { .string(className($0)) }),
        ]
    }
}

extension ClassResults {
    /// The share of the samples taken for a class that are of it; nil where none are, and where that is not
    /// known.
    package func precision(_ label: Int) -> Double? {
        guard let confusion else { return nil }
        let taken = confusion.reduce(0) { $0 + $1[label] }
        return taken == 0 ? nil : Double(correct[label]) / Double(taken)
    }
}
