import NeuralNetworks

/// What a model said of one piece of a test set: sums, and of a server's model, sample by sample.
public struct PieceResult: Sendable, Equatable {
    /// Samples of the piece.
    public var count = 0
    /// Sum of their losses.
    public var lossSum = 0.0
    /// How many were classified rightly.
    public var correct = 0
    /// Numbers that the model gives of a sample.
    public var outputs = 0
    /// Sum of (ŷ − y)² by output, where numbers are predicted.
    public var squaredErrors: [Double] = []
    /// Sum of |ŷ − y| over all outputs, where numbers are predicted.
    public var absoluteErrorSum = 0.0
    /// The class that each sample was taken for; empty unless it was asked for.
    public var predictions: [Int32] = []
    /// By which the second of two classes is the likelier the higher it is, of each sample; empty with
    /// more classes, and unless it was asked for.
    public var scores: [Float] = []
    /// Samples whose class is among the model's first five; 0 with no more classes than that, and unless
    /// it was asked for.
    public var firstFive = 0
    /// The surest of the samples that were taken for another class, at most `Mistake.limit`, the surest
    /// first; empty unless it was asked for.
    public var mistakes: [SureMistake] = []

    /// Nothing yet.
    public init() {}
}

extension PieceResult {
    /// Classes beyond which it is worth knowing whether one is among the first five.
    static let few = 5

    /// Adds a batch of samples with a class each.
    mutating func add(_ result: BatchResult, of plan: Plan, measures: Bool) {
        let outputs = plan.architecture.classCount
        add(result, outputs)
        // One output against the rest each: all of them may say no, or two yes.
        let countsHits = plan.loss.kind == .sigmoidCrossEntropy && outputs > 1
        guard measures || countsHits else { return correct += Int(result.correct) }
        let logits = UnsafeBufferPointer(start: plan.logits, count: result.count * outputs)
        var hits = 0
        for row in 0..<result.count {
            let values = UnsafeBufferPointer(rebasing: logits[row * outputs..<(row + 1) * outputs])
            let label = Int(plan.labels[row])
            let predicted = Self.predicted(values)
            if predicted == label { hits += 1 }
            guard measures else { continue }
            predictions.append(Int32(predicted))
            if outputs == 1 { scores.append(values[0]) }
            if outputs == 2 { scores.append(values[1] - values[0]) }
            if outputs > Self.few, Self.isAmongFirstFive(label, values) { firstFive += 1 }
        }
        correct += countsHits ? hits : Int(result.correct)
    }

    /// Adds a batch of samples with a number, or several, each.
    /// - Precondition: the plan's loss has targets.
    mutating func addNumbers(_ result: BatchResult, of plan: Plan) {
        let outputs = plan.architecture.classCount
        add(result, outputs)
        guard let targets = plan.targets else { preconditionFailure("the loss is of classes") }
        if squaredErrors.isEmpty { squaredErrors = Array(repeating: 0, count: outputs) }
        for row in 0..<result.count {
            for output in 0..<outputs {
                let place = row * outputs + output
                let error = Double(plan.logits[place]) - Double(targets[place])
                squaredErrors[output] += error * error
                absoluteErrorSum += abs(error)
            }
        }
    }

    private mutating func add(_ result: BatchResult, _ outputs: Int) {
        count += result.count
        lossSum += result.lossSum
        self.outputs = outputs
    }

    /// The first class of the largest output; of one output alone, whether it is above 0.
    private static func predicted(_ values: UnsafeBufferPointer<Float>) -> Int {
        if values.count == 1 { return values[0] > 0 ? 1 : 0 }
        var largest = 0
        for index in 1..<values.count where values[index] > values[largest] { largest = index }
        return largest
    }

    /// Of equal outputs the one of the lower class comes first.
    private static func isAmongFirstFive(
        _ label: Int, _ values: UnsafeBufferPointer<Float>
    ) -> Bool {
        let own = values[label]
        var before = 0
        for index in values.indices {
            if values[index] > own || (index < label && values[index] == own) { before += 1 }
        }
        return before < few
    }
}
