import Compression
import Federation
import Parameters
import Privacy
import Robust

/// Every aggregator there is.
let everyAggregator: [any Aggregator] = [ExactMean(), CoordinateMedian(), Gathering()]

/// Every transform whose client half runs where the client is, gentle and harsh.
let everyClientTransform: [any UpdateTransform] = [
    ClipUpdate(norm: 0.5), ClipUpdate(norm: 1000), TopK(fraction: 0.1), TopK(fraction: 1),
    TopK(fraction: 1e-9), Rounded(), KeptParts([0..<5, 40..<200]),
]

/// Rounds a model to halves, and leaves it a model.
struct Rounded: UpdateTransform {
    var place: TransformPlace { .client }
    var description: String { "rounded" }

    func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        contribution.value = .model(contribution.value.vector.map { ($0 * 2).rounded() / 2 })
    }
}

/// Random numbers of a model, with zeros of both signs and denormals among them.
func vector(_ random: inout RandomStream, count: Int = 97) -> ParameterVector {
    ParameterVector(
        (0..<count).map { _ in
            switch random.next(below: 12) {
            case 0: 0
            case 1: -0.0
            case 2: Float.leastNonzeroMagnitude * Float(random.next(in: 1...50))
            default: Float(random.nextUniform(-1, 1))
            }
        })
}

extension ParameterVector {
    var values: [Float] { array(in: 0..<count) }
    var bits: [UInt32] { values.map(\.bitPattern) }

    var norm: Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
}

func stream(_ seed: UInt64) -> RandomStream {
    RandomStream(RandomKey(seed: seed, purpose: .benchmark))
}
