import Datasets
import JSON
import Parameters

/// What a model says of the samples in files.
public struct ModelPredictions: Sendable {
    /// What it says of a sample.
    public struct Prediction: Hashable, Sendable {
        /// Its file.
        public let file: String
        /// Which of the file's samples, from 0.
        public let index: Int
        /// The likeliest class; nil where numbers are predicted.
        public let label: Int?
        /// The probability of each class; or the predicted numbers.
        public let numbers: [Double]

        /// The likeliest class's probability; nil where numbers are predicted.
        public var probability: Double? { label.map { numbers[$0] } }
    }

    /// The model.
    public let model: TrainedModel
    /// What it says, file by file, in their order.
    public let predictions: [Prediction]
    /// Sentences on which arrays were taken.
    public let notes: [String]

    /// Reads files and asks a model; nothing is said of any where one cannot be read.
    /// - Parameter threads: they change no bit.
    /// - Throws: `PictureError` or `DatasetError`, a sentence with the file's path.
    public init(
        of model: TrainedModel, on files: [String], threads: Int = availableProcessorCount()
    ) throws {
        self.model = model
        var notes: [String] = []
        let read = try files.map { file in
            let found = try SampleFile(
                file, shape: model.architecture.input.sizes, outputs: model.classCount,
                scaling: model.scaling ?? .unit)
            if let array = found.array { notes.append("\(file): its array \(array) is taken") }
            return (file: file, samples: found.samples)
        }
        self.notes = notes
        predictions = read.flatMap { file, samples in
            let rows = model.outputs(
                for: samples, at: Array(0..<Int32(samples.count)), threads: threads
            ) { outputs -> Row in
                model.predictsNumbers
                    ? Row(label: nil, numbers: outputs.map { Double($0) })
                    : Row(label: model.guess(outputs), numbers: model.probabilities(outputs))
            }
            return rows.enumerated().map {
                Prediction(file: file, index: $0, label: $1.label, numbers: $1.numbers)
            }
        }
    }

    private struct Row: Sendable {
        let label: Int?
        let numbers: [Double]
    }

    // MARK: As text

    /// A table: file, sample, class and its probability, or the predicted numbers.
    /// - Parameter all: whether each class's probability follows.
    public func csv(all: Bool = false) -> String {
        var heading = ["file", "sample"]
        if model.predictsNumbers {
            heading += (0..<model.architecture.classCount).map { "prediction \($0)" }
        } else {
            heading += ["class", "probability"]
            if all { heading += (0..<model.classCount).map { "p(\(model.className($0)))" } }
        }
        let rows = predictions.map { row in
            var cells = [row.file, "\(row.index)"]
            if let label = row.label, let probability = row.probability {
                cells += [model.className(label), "\(Float(probability))"]
            }
            if all || row.label == nil { cells += row.numbers.map { "\(Float($0))" } }
            return cells
        }
        return ([heading] + rows).map { row in
            row.map { CSVText.field($0) }.joined(separator: ",") + "\n"
        }.joined()
    }

    /// A list with an object for each sample.
    /// - Parameter all: whether each class's probability is in it.
    public func json(all: Bool = false) -> JSONValue {
        .array(
            predictions.map { row in
                var members: [String: JSONValue] = [
                    "file": .string(row.file), "sample": .integer(row.index),
                ]
                let numbers = JSONValue.array(row.numbers.map(JSONValue.number))
                guard let label = row.label, let probability = row.probability else {
                    members["prediction"] = numbers
                    return .object(members)
                }
                members["class"] = .integer(label)
                if model.classNames.indices.contains(label) {
                    members["name"] = .string(model.classNames[label])
                }
                members["probability"] = .number(probability)
                if all { members["probabilities"] = numbers }
                return .object(members)
            })
    }
}
