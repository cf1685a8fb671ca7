// A strategy of one's own: FedAvg whose server takes ever smaller steps, x ← x + (ȳ − x) / √r.
import SwiftFederated

struct ShrinkingStep: ServerRule {
    func next(
        _ aggregate: inout Aggregate, after state: FederationState, _ context: RoundContext
    ) -> FederationState {
        let rate = 1 / Double(context.round).squareRoot()
        var next = state
        next.model = aggregate.value.map(with: state.model) { x, change in
            Float(Double(x) + rate * change)
        }
        return next
    }
}

var spec = RunSpec()
spec.dataset = "digits"
spec.model = .logisticRegression
spec.epochs = 1
let strategy = Strategy("FedAvg, ever smaller steps", server: ShrinkingStep())
let result = try ExperimentRun(spec, strategy: strategy).run()
print(strategy.name, result.accuracies.compactMap { $0 })
