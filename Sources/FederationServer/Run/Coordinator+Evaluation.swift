import Federation
import Tensors

/// Testing clients' and global models, one after the other.
extension Coordinator {
    func evaluateClient(_ client: Int, _ round: Int) {
        guard let (model, slot) = run.members[client]?.untested else { return }
        member(client) { $0.untested = nil }
        let number = run.number
        evaluate(model) { evaluation in
            await self.clientEvaluated(client, round, evaluation, number: number)
            withExtendedLifetime(slot) {}
        }
    }

    private func clientEvaluated(
        _ client: Int, _ round: Int, _ evaluation: Evaluation, number: Int
    ) {
        guard run.number == number else { return }
        member(client) { $0.accuracy = evaluation.accuracy }
        inform(.clientEvaluated(client: client, round: round, evaluation))
    }

    func evaluateGlobal(_ round: Int) {
        guard let candidate = run.candidate else { return }
        let number = run.number
        evaluate(candidate.model) { evaluation in
            await self.globalEvaluated(round, evaluation, number: number)
        }
    }

    private func globalEvaluated(_ round: Int, _ evaluation: Evaluation, number: Int) {
        guard run.number == number else { return }
        inform(.globalEvaluated(round: round, evaluation))
    }

    private func evaluate(
        _ model: ParameterVector, then use: @escaping @Sendable (Evaluation) async -> Void
    ) {
        let (before, evaluate) = (evaluations, run.served.evaluate)
        evaluations = Task {
            await before?.value
            await use(evaluate(model))
        }
    }
}
