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
    /// Whose each of the images is, by number; nil where nobody knows.
    public let owners: [Int32]?
    /// Σ(y − ȳ)² of each number that is to be predicted.
    let targetSquares: [Double]

    /// All images, or a random part of them: ⌈fraction · N⌉, drawn once from (seed, evaluation).
    /// - Parameter owners: whose each of the images is, by number, as in `SampleOwners.test`.
    /// - Precondition: 0 < `fraction` ≤ 1, and there is an owner for each image, from 0.
    public init(
        _ images: Samples, fraction: Double = 1, seed: UInt64 = 0, owners: [Int32]? = nil
    ) {
        precondition(
            owners.map { $0.count == images.count && $0.allSatisfy { $0 >= 0 } } ?? true,
            "an owner for each test sample")
        self.owners = owners
        precondition(fraction > 0 && fraction <= 1, "\(fraction) is no part of a test set")
        self.images = images
        var all = Array(0..<Int32(images.count))
        if fraction < 1 {
            var random = RandomStream(RandomKey(seed: seed, purpose: .evaluation))
            random.shuffle(&all)
            all = all.prefix(max(1, DecimalShare.ceiling(fraction, of: images.count))).sorted()
        }
        indices = all
        targetSquares = Self.targetSquares(images, all)
    }

    private init(_ whole: EvaluationSet, indices: [Int32]) {
        images = whole.images
        owners = whole.owners
        self.indices = indices
        targetSquares = Self.targetSquares(images, indices)
    }

    /// `count` of these images, each set of so many equally likely, drawn from (seed, client evaluation,
    /// round); all where there are no more.
    /// - Precondition: `count` > 0.
    public func drawn(_ count: Int, seed: UInt64, round: Int) -> EvaluationSet {
        precondition(count > 0, "a test on \(count) images")
        guard count < indices.count else { return self }
        var random = RandomStream(
            RandomKey(seed: seed, purpose: .clientEvaluation, round: round))
        var all = indices
        // The first steps of Fisher and Yates's shuffle.
        for place in 0..<count { all.swapAt(place, random.next(in: place...all.count - 1)) }
        return EvaluationSet(self, indices: all.prefix(count).sorted())
    }

    /// How many pieces there are.
    public var pieceCount: Int { (indices.count + Self.pieceSize - 1) / Self.pieceSize }

    /// What a model says of one piece.
    /// - Parameter measures: whether sample by sample, for all metrics, and not just accuracy and loss.
    /// - Precondition: the plan takes `batchSize` images, and its loss is of the images' kind.
    public func evaluate(
        piece: Int, parameters: ParameterVector, plan: Plan, measures: Bool = false
    ) -> PieceResult {
        let end = min((piece + 1) * Self.pieceSize, indices.count)
        var total = PieceResult()
        if measures { total.predictions.reserveCapacity(Self.pieceSize) }
        var start = piece * Self.pieceSize
        plan.load(parameters)
        while start < end {
            let stop = min(start + Self.batchSize, end)
            images.copyBatch(indices[start..<stop], to: plan.places)
            let result = plan.evaluate(count: stop - start)
            if images.targetCount > 0 {
                total.addNumbers(result, of: plan)
            } else {
                total.add(result, of: plan, measures: measures)
                if measures { total.addMistakes(of: plan, indices[start..<stop]) }
            }
            start = stop
        }
        return total
    }

    /// Evaluates a model on `threads` threads, each with a plan of its own, by all metrics.
    /// - Parameter loss: nil for the usual one of the images.
    public func evaluate(
        _ parameters: ParameterVector, architecture: Architecture, engine: Engine = .fused,
        loss: Loss? = nil, threads: Int
    ) -> Evaluation {
        let plans = WorkerPlans(
            architecture, trainingBatchSize: 1, engine: engine, loss: loss ?? .usual(for: images),
            threads: threads)
        let results = ResultTable(count: pieceCount)
        parallelFor(count: pieceCount, threads: threads) { worker, piece in
            results[piece] = evaluate(
                piece: piece, parameters: parameters, plan: plans.inference(worker),
                measures: true)
        }
        return combine(results.all)
    }
}

/// Results by piece; each piece is written by one thread only, all are read after it.
final class ResultTable: @unchecked Sendable {
    private let base: UnsafeMutableBufferPointer<PieceResult>

    init(count: Int) {
        base = .allocate(capacity: count)
        base.initialize(repeating: PieceResult())
    }

    deinit {
        base.deinitialize()
        base.deallocate()
    }

    subscript(piece: Int) -> PieceResult {
        get { base[piece] }
        set { base[piece] = newValue }
    }

    var all: [PieceResult] { Array(base) }
}
