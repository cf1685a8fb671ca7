import FederationClient
import FederationWire
import LocalTraining
import Synchronization

/// What the user sees of a client: a line a round, and what goes wrong.
final class JoinDisplay: Sendable {
    private struct State: Sendable {
        var rounds = 0
        var trained: [Int: TrainedModel] = [:]
    }

    private let console: Console
    private let client: Int
    private let state = Mutex(State())

    init(_ console: Console, client: Int) {
        self.console = console
        self.client = client
    }

    private static let heading =
        " round   server accuracy      loss   samples   images/s    seconds"

    /// Says what will be trained, and on what.
    func begin(
        _ settings: RunSettings, address: ServerAddress, data: String, setup: ClientSetup,
        slots: CoreSlots
    ) {
        state.withLock { $0.rounds = settings.rounds }
        let count = setup.shards.sampleCount(client: client, round: 1)
        let rows = [
            ("server", "\(address), run \(settings.run)"),
            ("client", Text.client(client, of: settings.clients)),
            (settings.partition == nil ? "experiment" : "partition", setup.division),
            ("data", "\(data), \(Text.plural(count, "sample")) in round 1"),
            (
                "model",
                "\(settings.model), \(Text.count(setup.architecture.parameterCount)) parameters, "
                    + "\(settings.engine) engine"
            ),
            (
                "training",
                "\(Text.plural(settings.rounds, "round")) of \(settings.training.local.summary)"
            ),
            ("seed", "\(settings.seed)"),
            (
                "threads",
                "1, at most \(Text.plural(slots.count, "client")) at once on \(Machine.description)"
            ),
        ]
        console.line(console.bold("federated \(Federated.version)"))
        for (name, value) in rows {
            console.line("  \(console.dim(Text.padRight(name, 11)))\(value)")
        }
        console.line()
        console.line(console.dim(Self.heading))
    }

    func show(_ event: ClientEvent) {
        switch event {
        case .registered: break
        case .away(let reason): console.line("the server is away: \(reason); trying again")
        case .back(let seconds):
            console.line("the server is back after \(Text.fixed(seconds, 1)) s")
        case .training(let round):
            console.transient("round \(round): training")
        case .uploaded(let round, let trained, _):
            state.withLock { $0.trained[round] = trained }
            console.transient("round \(round): waiting for the others")
        case .dropped(let round, let reason):
            console.line("round \(round) goes on without this client: \(reason)")
        case .committed(let summary):
            let (rounds, trained) = state.withLock {
                ($0.rounds, $0.trained.removeValue(forKey: summary.round))
            }
            console.line(Self.line(summary, rounds: rounds, trained))
        }
    }

    private static func line(
        _ summary: CommittedSummary, rounds: Int, _ trained: TrainedModel?
    ) -> String {
        let own = trained.map { trained in
            [
                Text.count(trained.sampleCount),
                Text.count(Int(Double(trained.imageCount) / max(trained.seconds, 1e-9))),
                Text.fixed(trained.seconds, 2),
            ]
        }
        let cells = [
            Text.pad("\(summary.round)/\(rounds)", 6),
            Text.pad((summary.accuracy.map(Text.percent) ?? "–"), 18),
            Text.pad((summary.loss.map { Text.fixed($0, 4) } ?? "–"), 10),
            Text.pad(own?[0] ?? "–", 10),
            Text.pad(own?[1] ?? "–", 11),
            Text.pad(own?[2] ?? "–", 11),
        ]
        return cells.joined()
    }

    func end(_ ending: FederationClient.Ending) {
        console.clearTransient()
        console.line("the run is over: \(ending.outcome)")
    }
}
