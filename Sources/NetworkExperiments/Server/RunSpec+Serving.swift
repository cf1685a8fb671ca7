import Datasets
import Experiments
import FederationServer

extension RunSpec {
    /// The settings of another run on the same server.
    package func changed(to request: RunRequest) -> RunSpec? {
        guard let experiment = Experiment(rawValue: request.experiment) else { return nil }
        var settings = self
        settings.experiment = experiment
        settings.partition = nil
        settings.clients = request.clients
        settings.rounds = request.rounds
        return settings
    }
}
