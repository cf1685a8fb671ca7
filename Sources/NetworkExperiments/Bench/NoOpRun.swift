import Federation
import FederationClient
import FederationServer
import FederationWire
import Parameters

/// A client that hands back the model it was given.
package struct NoOpParticipant: Participant {
    package let layout: ParameterLayout

    package var architecture: ArchitectureDigest { NoOpRun.architecture }
    package func sampleCount(round: Int) -> Int { 10 }

    package func train(
        _ work: RoundWork, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainingResult {
        let update = ModelUpdate(
            client: 0, round: work.round, sampleCount: 10, parameters: work.model)
        return TrainingResult(ClientUpdate(update), loss: 0, imageCount: 0, seconds: 0)
    }
}

/// A run whose models nobody tests and nobody keeps.
package struct NoOpRun: Sendable {
    package let layout: ParameterLayout
    package let clients: Int
    package let cohort: Int
    package let rounds: Int

    package init(layout: ParameterLayout, clients: Int, cohort: Int, rounds: Int) {
        self.layout = layout
        self.clients = clients
        self.cohort = cohort
        self.rounds = rounds
    }

    package static let evaluation = Evaluation(accuracy: 0.5, loss: 1, count: 1)
    package static let name = "bench"
    /// Of no architecture.
    package static let architecture = ArchitectureDigest(
        hexadecimal: String(repeating: "0", count: 64))!

    /// Numbers like those of a model, all different from 0.
    package static func model(_ layout: ParameterLayout) -> ParameterVector {
        ParameterVector(count: layout.count) { target in
            for index in target.indices { target[index] = 0.01 + Float(index % 1000) * 1e-4 }
        }
    }

    package func served() -> ServedRun {
        guard let name = RunIdentifier(Self.name) else {
            preconditionFailure("“\(Self.name)” names no run")
        }
        return ServedRun(
            settings: RunSettings(
                run: name,
                spec: [
                    "clients": .integer(clients), "rounds": .integer(rounds), "model": "none",
                    "seed": 1,
                ], inputShape: [1, 1, 1], architecture: Self.architecture,
                parameterCount: layout.count, heartbeatSeconds: 1, pollSeconds: 60),
            plan: RunPlan(
                rules: RoundEngine.Configuration(
                    population: clients, rounds: rounds, evaluatesClients: false,
                    cohortSize: cohort, minimumClients: cohort, waitsForClients: true),
                strategy: .fedAvg, layout: layout, seed: 1, opensBeforeCommit: false),
            state: FederationState(model: Self.model(layout)),
            work: { _, _, _ in LocalWork(steps: 1, learningRate: 0.01) },
            evaluate: { _, _, _ in (Self.evaluation, 0) }, commit: { _, _ in }, finish: { _, _ in })
    }
}
