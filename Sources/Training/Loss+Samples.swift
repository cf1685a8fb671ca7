import Datasets
import NeuralNetworks

extension Loss {
    /// What is minimised where nobody says: softmax cross-entropy of classes, squared error of numbers.
    public static func usual(for samples: Samples) -> Loss {
        samples.targetCount > 0 ? .squaredError : .softmaxCrossEntropy
    }

    /// Outputs that a model needs for these samples: one for each number or class, and with sigmoid
    /// cross-entropy one for two classes together.
    public func outputCount(for samples: Samples) -> Int {
        if samples.targetCount > 0 { return samples.targetCount }
        return kind == .sigmoidCrossEntropy && samples.classCount == 2 ? 1 : samples.classCount
    }

    /// Why a model with so many outputs cannot minimise it on these samples; nil where it can.
    /// - Parameter outputs: nil for as many as it takes.
    public func problem(with samples: Samples, outputs: Int? = nil) -> LossError? {
        if kind != .softmaxCrossEntropy, labelSmoothing > 0 {
            return .smoothing(labelSmoothing, of: kind)
        }
        let outputs = outputs ?? outputCount(for: samples)
        let (targets, classes) = (samples.targetCount, samples.classCount)
        guard targets == 0 else {
            guard kind == .squaredError else { return .classesOfNumbers(kind, targets: targets) }
            return outputs == targets ? nil : .outputs(outputs, targets: targets)
        }
        guard kind != .squaredError else { return .numbersOfClasses(classes: classes) }
        if kind == .sigmoidCrossEntropy, outputs == 1 {
            return classes == 2 ? nil : .oneOutput(classes: classes)
        }
        return classes <= outputs ? nil : .classes(classes, outputs: outputs)
    }
}

/// Why a loss does not go with data and model; one sentence names the value and what was expected.
public enum LossError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Labels are smoothed for another loss than softmax cross-entropy.
    case smoothing(Float, of: Loss.Kind)
    /// A loss of classes, where numbers are to be predicted.
    case classesOfNumbers(Loss.Kind, targets: Int)
    /// A loss of numbers, where samples have classes.
    case numbersOfClasses(classes: Int)
    /// One output for other than two classes.
    case oneOutput(classes: Int)
    /// More classes than the model tells apart.
    case classes(Int, outputs: Int)
    /// Another count of outputs than numbers to be predicted.
    case outputs(Int, targets: Int)

    /// One sentence.
    public var description: String {
        switch self {
        case .smoothing(let value, let kind):
            "label smoothing of \(value) belongs to softmax-cross-entropy: the loss is "
                + kind.rawValue
        case .classesOfNumbers(let kind, let targets):
            "the loss \(kind.rawValue) is of classes, and the data have "
                + (targets == 1 ? "a number" : "\(targets) numbers")
                + " to be predicted of each sample: take squared-error"
        case .numbersOfClasses(let classes):
            "the loss squared-error is of numbers, and the data have "
                + (classes == 1 ? "1 class" : "\(classes) classes")
                + ": take softmax-cross-entropy or sigmoid-cross-entropy"
        case .oneOutput(let classes):
            "a model with 1 output and sigmoid-cross-entropy tells 2 classes apart, and the data "
                + "have \(classes)"
        case .classes(let classes, let outputs):
            "the data have \(classes) classes, but the model tells \(outputs) apart"
        case .outputs(let outputs, let targets):
            "the data have "
                + (targets == 1 ? "1 number" : "\(targets) numbers")
                + " to be predicted of each sample, but the model has "
                + (outputs == 1 ? "1 output" : "\(outputs) outputs")
        }
    }
}
