import Datasets
import Federation
import FederationServer

extension ExperimentSettings {
    /// When rounds of a served run open and close.
    var servedRules: RoundEngine.Configuration {
        let size = min(cohort ?? clients, clients)
        let least = minimumClients ?? (roundDeadline == nil ? size : (size + 1) / 2)
        return RoundEngine.Configuration(
            clients: Array(1...clients), rounds: rounds, targetAccuracy: targetAccuracy, seed: seed,
            cohortSize: size, overSelection: overSelection ?? 1, minimumClients: min(least, size),
            waitsForClients: true, roundDeadlineSeconds: roundDeadline)
    }

    /// The settings of another run on the same server.
    func changed(to request: RunRequest) -> ExperimentSettings? {
        guard let experiment = Experiment(rawValue: request.experiment) else { return nil }
        var settings = self
        settings.experiment = experiment
        settings.clients = request.clients
        settings.rounds = request.rounds
        return settings
    }
}
