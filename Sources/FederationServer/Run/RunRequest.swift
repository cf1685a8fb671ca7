/// What `GET /initialize/{clients}/{experiment}/{rounds}` asks for.
public struct RunRequest: Sendable, Hashable {
    /// K.
    public var clients: Int
    /// The experiment's number, 1…4.
    public var experiment: Int
    /// R.
    public var rounds: Int

    /// A run of so many clients and rounds.
    public init(clients: Int, experiment: Int, rounds: Int) {
        self.clients = clients
        self.experiment = experiment
        self.rounds = rounds
    }
}
