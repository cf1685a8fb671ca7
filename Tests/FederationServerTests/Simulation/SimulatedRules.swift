import Federation
import FederationServer
import FederationWire
import Parameters

/// What chance makes of a run and its surroundings.
struct SimulatedRules {
    var options = TestServer.Options()
    /// Whether a client knows the plain API alone.
    var isPlain: [Bool] = []
    /// After how many steps the server is stopped; nil for never.
    var stopStep: Int?
    /// Once in how many times something cannot be written; nil for never.
    var diskFailure: Int?
    /// How often somebody asks for another run.
    var replacements = 0

    init(_ stepper: Stepper) {
        func chosen(_ range: ClosedRange<Int>) -> Int {
            range.lowerBound + stepper.next(below: range.count)
        }
        options.clients = chosen(1...7)
        options.rounds = chosen(1...3)
        let cohort = chosen(1...options.clients)
        options.cohortSize = cohort
        options.minimumClients = chosen(1...cohort)
        options.overSelection = stepper.happens(onceIn: 3) ? 1.5 : 1
        options.evaluationInterval = chosen(1...2)
        options.deadlineSeconds = stepper.happens(onceIn: 4) ? nil : Double(chosen(20...90))
        options.evaluatesClients = stepper.happens(onceIn: 2)
        options.timing.upkeepSeconds = 5
        options.timing.silenceSeconds = 12
        options.strategy = Self.strategies[stepper.next(below: Self.strategies.count)]
        isPlain = (0..<options.clients).map { _ in stepper.happens(onceIn: 3) }
        // The plain API carries models alone.
        if options.strategy.objective.usesControlVariates { isPlain = isPlain.map { _ in false } }
        if stepper.happens(onceIn: 6) { stopStep = 50 + stepper.next(below: 1000) }
        if stepper.happens(onceIn: 8) { diskFailure = 12 }
        if stepper.happens(onceIn: 6) { replacements = 1 }
    }

    private static let strategies: [Strategy] = [
        .fedAvg, .fedAvg, .scaffold(), .fedAvgM(),
        Strategy("Halved", transforms: [HalvedChange()]),
    ]
}

/// Half of what a client has learned leaves it.
struct HalvedChange: UpdateTransform {
    var place: TransformPlace { .client }
    var description: String { "halved" }

    func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        contribution.value = .change(
            contribution.value.map(with: context.model) { _, change in Float(change / 2) })
    }
}
