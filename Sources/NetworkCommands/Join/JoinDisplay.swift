import Experiments
import Federation
import FederationClient
import FederationWire
import NetworkExperiments
import Platform
import Synchronization
import Terminal
import Training

/// What the user sees of a client: a line a round, and what goes wrong.
final class JoinDisplay: Sendable {
    private struct State: Sendable {
        var rounds = 0
        var score = RunLog.Score.accuracy
        var results: [Int: TrainingResult] = [:]
    }

    private let console: Console
    private let client: Int
    private let hasOwnData: Bool
    private let state = Mutex(State())

    init(_ console: Console, client: Int, hasOwnData: Bool) {
        self.hasOwnData = hasOwnData
        self.console = console
        self.client = client
    }

    /// Says what will be trained, and on what.
    func begin(
        _ settings: RunSettings, address: ServerAddress, data: String, setup: ClientSetup,
        cores: Int
    ) {
        state.withLock {
            $0.rounds = setup.spec.rounds
            $0.score = setup.score
        }
        let rows =
            [("server", "\(address), run \(settings.run)")]
            + setup.facts(
                settings, client: client, data: data + (hasOwnData ? ", its own" : ""), cores: cores
            )
        console.line(console.bold("federated \(LibraryVersion.text)"))
        for (name, value) in rows { console.row(name, value) }
        console.line()
        console.line(console.dim(CommittedSummary.heading(setup.score)))
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
            let (known, result) = state.withLock {
                ($0, $0.results.removeValue(forKey: summary.round))
            }
            console.line(summary.row(of: known.rounds, result, score: known.score))
        }
    }

    func end(_ ending: FederationClient.Ending) {
        console.clearTransient()
        console.line("the run is over: \(ending.outcome)")
    }
}
