import Federation
import Parameters

/// What is wrong with a fold of a test's.
enum FoldFault: Hashable, Codable {
    /// It takes no update of that client.
    case refuses(client: Int)
    /// It can't be finished.
    case cannotClose
    /// Sums of two processes don't fit into one.
    case isFull

    static let sentence = "it will not have it"

    func check(_ contribution: Contribution) throws(AggregationError) {
        if self == .refuses(client: contribution.client) { throw .refused(reason: Self.sentence) }
    }

    func checkClosing() throws(AggregationError) {
        if self == .cannotClose { throw .refused(reason: Self.sentence) }
    }
}

/// Each parameter's median, the upper one of two: no sum, so that all updates must be in one place.
/// Vectors beside them are averaged.
struct CoordinateMedian: Aggregator {
    var fault: FoldFault?

    var memory: AggregatorMemory { .perUpdate }
    var description: String { "median" }
    func makeFold(_ layout: ParameterLayout) -> any Fold {
        MedianFold(fault: fault, length: layout.count)
    }
}

private struct MedianFold: Fold {
    var fault: FoldFault?
    let length: Int
    private var parts: [Contribution] = []

    init(fault: FoldFault?, length: Int) {
        self.fault = fault
        self.length = length
    }

    var count: Int { parts.count }

    func check(_ contribution: Contribution) throws(AggregationError) {
        let found = contribution.value.vector.count
        guard found == length else {
            throw .wrongLength(client: contribution.client, found: found, expected: length)
        }
        try fault?.check(contribution)
    }

    mutating func add(
        _ contributions: [Contribution], threads: Int
    ) throws(AggregationError) {
        for contribution in contributions { try check(contribution) }
        parts += contributions
    }

    mutating func finish(threads: Int) throws(AggregationError) -> Aggregate {
        try fault?.checkClosing()
        guard let first = parts.first else { throw .noUpdates }
        let ascending = parts.sorted { $0.client < $1.client }
        var numbers = FoldedNumbers()
        for part in ascending { numbers.add(part) }
        let median = combine(ascending.map(\.value.vector)) { $0.sorted()[$0.count / 2] }
        var means: [String: ParameterVector] = [:]
        for name in first.extras.map(\.name) {
            means[name] = combine(
                ascending.flatMap(\.extras).filter { $0.name == name }.map(\.vector)
            ) { $0.reduce(0, +) / Float($0.count) }
        }
        return Aggregate(
            value: first.value.isChange ? .change(median) : .model(median), extras: means,
            numbers: numbers.means, weight: parts.reduce(0) { $0 + $1.weight }, count: count,
            metrics: ["updates": Double(count)])
    }

    private func combine(
        _ vectors: [ParameterVector], _ body: ([Float]) -> Float
    ) -> ParameterVector {
        let rows = vectors.map { $0.array(in: 0..<length) }
        return ParameterVector((0..<length).map { index in body(rows.map { $0[index] }) })
    }
}

/// The exact mean with a fault.
struct FaultyMean: Aggregator {
    var fault: FoldFault

    var memory: AggregatorMemory { .constant }
    var description: String { "faulty mean" }
    func makeFold(_ layout: ParameterLayout) -> any Fold {
        FaultyFold(fault: fault, mean: ExactMeanFold(layout))
    }
}

private struct FaultyFold: SummingFold {
    struct Totals: Codable {
        var fault: FoldFault
        var mean: ExactMeanFold.Totals
    }

    var fault: FoldFault
    var mean: ExactMeanFold

    var count: Int { mean.count }
    var totals: Totals { Totals(fault: fault, mean: mean.totals) }

    func check(_ contribution: Contribution) throws(AggregationError) {
        try fault.check(contribution)
        try mean.check(contribution)
    }

    mutating func add(
        _ contributions: [Contribution], threads: Int
    ) throws(AggregationError) {
        for contribution in contributions { try fault.check(contribution) }
        try mean.add(contributions, threads: threads)
    }

    mutating func finish(threads: Int) throws(AggregationError) -> Aggregate {
        try fault.checkClosing()
        return try mean.finish(threads: threads)
    }

    static func adding(_ one: Totals, _ other: Totals) throws(AggregationError) -> Totals {
        if one.fault == .isFull { throw .mergeOverflow }
        return Totals(fault: one.fault, mean: try ExactMeanFold.adding(one.mean, other.mean))
    }

    mutating func reduce(
        to whole: Totals, _ addingWords: (UnsafeMutableBufferPointer<Int64>) -> Void
    ) {
        mean.reduce(to: whole.mean, addingWords)
    }
}

/// Sends half of what there is to send, and keeps the other half for the client's next round.
struct HalfLater: UpdateTransform {
    private static let rest = "rest"

    var place: TransformPlace
    var description: String { "half of it later" }
    var clientStateNames: [String] { [Self.rest] }

    func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        let change = contribution.value.change(from: context.model)
        let rest = context.own[Self.rest] ?? ParameterVector(zeros: change.count)
        let half = ParameterVector.map(change, rest) { ($0 + $1) / 2 }
        contribution.value = .change(half)
        contribution.clientState[Self.rest] = half
    }
}

/// Every strategy of the library with settings that change something, and what others may write:
/// folds that are no sums, alone and with vectors, numbers and states beside them, and transforms
/// that keep something for clients.
let everyStrategy: [Strategy] = [
    .fedAvg, .fedSGD, .fedProx(mu: 0.1), .scaffold(), .scaffold(learningRate: 0.5),
    .fedNova(learningRate: 1.5), .fedAvgM(),
    .adaptive(ServerOptimizer(.adagrad, learningRate: 0.1)),
    .adaptive(ServerOptimizer(.adam, learningRate: 0.01)),
    .adaptive(ServerOptimizer(.yogi, learningRate: 0.01)),
    Strategy("Uniform", weighting: .uniform),
    Strategy("HalfLater", transforms: [HalfLater(place: .client)]),
    Strategy("HalfLater at the server", transforms: [HalfLater(place: .server)]),
    Strategy("Own parts", transforms: [KeptParts([0..<100, 7840..<7850])]),
    Strategy("Median", aggregator: CoordinateMedian()),
    Strategy(
        "Median with momentum", aggregator: CoordinateMedian(),
        server: ServerOptimizer(.momentum(0.9), learningRate: 1)),
    Strategy(
        "Median of SCAFFOLD", objective: ClientObjective(usesControlVariates: true),
        transforms: [ControlVariateUpdate()], aggregator: CoordinateMedian(),
        server: ControlVariateStep()),
    Strategy(
        "Median of FedNova", transforms: [NormalizedChange()], aggregator: CoordinateMedian(),
        server: NormalizedStep()),
    Strategy(
        "Median of HalfLater", transforms: [HalfLater(place: .client)],
        aggregator: CoordinateMedian()),
]
