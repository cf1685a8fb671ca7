import Datasets
import Federation
import NeuralNetworks
import Parameters

/// A set of test images, cut into pieces that may be evaluated on different threads.
///
/// The pieces do not depend on the number of threads, and their sums are added in order, so that
/// an evaluation has the same bits whoever made it.
public struct EvaluationSet: Sendable {
    /// Images a piece has, at most.
    static let pieceSize = 512
    /// Images that go through a plan at once.
    public static let batchSize = 32

    /// All images; `indices` says which of them count.
    public let images: Samples
    /// Which of them count, ascending.
    public let indices: [Int32]

    /// All images, or a random part of them: ⌈fraction · N⌉, drawn once from (seed, evaluation).
    /// - Precondition: 0 < `fraction` ≤ 1.
    public init(_ images: Samples, fraction: Double = 1, seed: UInt64 = 0) {
        precondition(fraction > 0 && fraction <= 1, "\(fraction) is no part of a test set")
        self.images = images
        var all = Array(0..<Int32(images.count))
        if fraction < 1 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .evaluation))
            random.shuffle(&all)
            all = all.prefix(max(1, DecimalShare.ceiling(fraction, of: images.count))).sorted()
        }
        indices = all
    }

    /// How many pieces there are.
    public var pieceCount: Int { (indices.count + Self.pieceSize - 1) / Self.pieceSize }

    /// Sums of loss and hits over one piece.
    /// - Precondition: the plan takes `batchSize` images.
    public func evaluate(piece: Int, parameters: ParameterVector, plan: Plan) -> BatchResult {
        let end = min((piece + 1) * Self.pieceSize, indices.count)
        var total = BatchResult(count: 0)
        var start = piece * Self.pieceSize
        plan.load(parameters)
        while start < end {
            let stop = min(start + Self.batchSize, end)
            images.copyBatch(indices[start..<stop], to: plan.places)
            let result = plan.evaluate(count: stop - start)
            total.count += result.count
            total.lossSum += result.lossSum
            total.correct += result.correct
            start = stop
        }
        return total
    }

    /// What all pieces say together, added in their order.
    public static func combine(_ pieces: [BatchResult]) -> Evaluation {
        let count = pieces.reduce(0) { $0 + $1.count }
        let correct = pieces.reduce(0) { $0 + $1.correct }
        let loss = pieces.reduce(0) { $0 + $1.lossSum }
        return Evaluation(
            accuracy: Double(correct) / Double(count), loss: loss / Double(count), count: count)
    }

    /// Evaluates a model on `threads` threads, each with a plan of its own.
    public func evaluate(
        _ parameters: ParameterVector, architecture: Architecture, engine: Engine = .fused,
        threads: Int
    ) -> Evaluation {
        let plans = WorkerPlans(
            architecture, trainingBatchSize: 1, engine: engine, threads: threads)
        let results = ResultTable(count: pieceCount)
        parallelFor(count: pieceCount, threads: threads) { worker, piece in
            results[piece] = evaluate(
                piece: piece, parameters: parameters, plan: plans.inference(worker))
        }
        return Self.combine(results.all)
    }
}

/// Results by piece; each piece is written by one thread only, all are read after it.
final class ResultTable: @unchecked Sendable {
    private let base: UnsafeMutableBufferPointer<BatchResult>

    init(count: Int) {
        base = .allocate(capacity: count)
        base.initialize(repeating: BatchResult(count: 0))
    }

    deinit { base.deallocate() }

    subscript(piece: Int) -> BatchResult {
        get { base[piece] }
        set { base[piece] = newValue }
    }

    var all: [BatchResult] { Array(base) }
}
