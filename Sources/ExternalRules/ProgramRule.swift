import Federation
import Parameters

/// A server rule that is a program of its own, in any language: x ← what it makes of the round's updates.
///
/// It sees them all, so that it goes with an aggregator that keeps them.
public struct ProgramRule: ServerRule {
    /// The program, one for all copies of the rule.
    public let program: RuleProgram
    private let layout: ParameterLayout?

    /// The rule of a program.
    /// - Parameter layout: the model's tensors, for the program to know them; nil for one that has no names.
    public init(_ program: RuleProgram, layout: ParameterLayout? = nil) {
        self.program = program
        self.layout = layout
    }

    /// None that are known before it has run.
    public var vectorNames: [String] { [] }
    /// Yes: the program names what it keeps.
    public var namesOtherVectors: Bool { true }
    /// The program's file.
    public var settings: [String] { ["server rule \(program.file)"] }

    /// It needs an aggregator that keeps the updates.
    public func problem(in strategy: Strategy) -> String? {
        strategy.aggregator is Gathering
            ? nil
            : "the server rule \(program.file) wants all updates, and \(strategy.aggregator) keeps none"
    }

    /// The program's next model, and the vectors that it keeps.
    /// - Throws: `AggregationError.refused`, which ends the run, where it makes none; `.stopped` where `RuleProgram.stop`
    ///   was called before it had.
    public func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) throws(AggregationError) -> FederationState {
        let layout =
            layout ?? ParameterLayout([(name: "parameters", shape: [state.model.count])])
        let made: NextModel
        do throws(RuleProgramError) {
            made = try program.next(
                RoundOfUpdates(
                    number: context.round, population: context.population, seed: context.seed,
                    layout: layout, state: state, contributions: aggregate.contributions))
        } catch {
            if case .stopped = error { throw .stopped }
            throw .refused(reason: "\(error)")
        }
        var next = state
        next.model = made.model
        next.vectors = made.vectors
        aggregate.metrics.merge(made.metrics) { _, own in own }
        return next
    }
}

extension Strategy {
    /// This strategy with a program's rule at its server.
    public func ruled(by program: RuleProgram, layout: ParameterLayout? = nil) -> Strategy {
        var strategy = self
        strategy.aggregator = Gathering()
        strategy.server = ProgramRule(program, layout: layout)
        return strategy
    }
}
