import FederationClient
import FederationWire
import Training
import Synchronization

/// What the user sees of a client: a line a round, and what goes wrong.
final class JoinDisplay: Sendable {
    private struct State: Sendable {
        var rounds = 0
        var results: [Int: TrainingResult] = [:]
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
                ([
                    "\(Text.plural(settings.rounds, "round")) of \(settings.training.local.summary)"
                ] + Self.words(settings)).joined(separator: ", ")
            ),
            ("seed", "\(settings.seed)"),
            (
                "threads",
                "1, at most \(Text.plural(slots.count, "client")) at once on \(Machine.description)"
            ),
        ]
        console.line(console.bold("federated \(Federated.version)"))
        for (name, value) in rows { console.row(name, value) }
        console.line()
        console.line(console.dim(Self.heading))
    }

    /// What the strategy adds to a client's training.
    private static func words(_ settings: RunSettings) -> [String] {
        let objective = settings.objective
        return (objective.proximal > 0 ? ["proximal \(objective.proximal)"] : [])
            + (objective.usesControlVariates ? ["control variates"] : []) + settings.transforms
    }

    func show(_ event: ClientEvent) {
        switch event {
        case .registered: break
        case .away(let reason): console.line("the server is away: \(reason); trying again")
        case .back(let seconds):
            console.line("the server is back after \(Text.fixed(seconds, 1)) s")
        case .waiting(let wait): console.line(wait.words)
        case .training(let round):
            console.transient("round \(round): training")
        case .uploaded(let round, let result, _):
            state.withLock { $0.results[round] = result }
            console.transient("round \(round): waiting for the others")
        case .dropped(let round, let reason):
            console.line("round \(round) goes on without this client: \(reason)")
        case .committed(let summary):
            let (rounds, result) = state.withLock {
                ($0.rounds, $0.results.removeValue(forKey: summary.round))
            }
            console.line(Self.line(summary, rounds: rounds, result))
        }
    }

    private static func line(
        _ summary: CommittedSummary, rounds: Int, _ result: TrainingResult?
    ) -> String {
        let own = result.map { result in
            [
                Text.count(result.update.sampleCount),
                Text.count(Int(Double(result.imageCount) / max(result.seconds, 1e-9))),
                Text.fixed(result.seconds, 2),
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
