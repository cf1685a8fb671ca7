import Federation
import NeuralNetworks
import Parameters
import Platform
import Synchronization

/// One model's evaluation, in pieces that any threads do in any order.
final class EvaluationPieces: Sendable {
    private let model: ParameterVector
    private let tests: EvaluationSet
    private let measures: Bool
    private let results: ResultTable
    private let remaining: Atomic<Int>
    private let seconds = Mutex(0.0)

    /// - Parameter measures: whether by all metrics, and not just accuracy and loss.
    init(_ model: ParameterVector, on tests: EvaluationSet, measures: Bool) {
        self.model = model
        self.measures = measures
        self.tests = tests
        results = ResultTable(count: tests.pieceCount)
        remaining = Atomic(tests.pieceCount)
    }

    /// How many pieces there are.
    var count: Int { tests.pieceCount }

    /// Does a piece, of which each is done once.
    /// - Returns: what the piece took, and, to whoever does the last, what all say and took together.
    func evaluate(
        _ piece: Int, on plan: Plan
    ) -> (images: Int, seconds: Double, whole: (Evaluation, seconds: Double)?) {
        let start = MonotonicClock.seconds()
        let result = tests.evaluate(
            piece: piece, parameters: model, plan: plan, measures: measures)
        results[piece] = result
        let spent = MonotonicClock.seconds() - start
        seconds.withLock { $0 += spent }
        let left = remaining.subtract(1, ordering: .acquiringAndReleasing).newValue
        guard left == 0 else { return (result.count, spent, nil) }
        return (
            result.count, spent,
            (tests.combine(results.all), seconds.withLock { $0 })
        )
    }
}
