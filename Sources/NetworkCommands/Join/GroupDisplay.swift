import Experiments
import Federation
import FederationClient
import FederationWire
import NetworkExperiments
import Platform
import Synchronization
import Terminal

/// What the user sees of several clients in one process: a line for each client and round, and what goes
/// wrong with which.
final class GroupDisplay: Sendable {
    private struct State: Sendable {
        var rounds = 0
        var score = RunLog.Score.accuracy
        var hasBegun = false
        var results: [Key: TrainingResult] = [:]
        /// Clients that miss the server: all of them miss it at once.
        var away: Set<Int> = []
        var wait = ""
    }

    private struct Key: Hashable {
        let client: Int
        let round: Int
    }

    private let console: Console
    private let ids: [Int]
    private let address: ServerAddress
    private let hasOwnData: Bool
    private let cores: Int
    private let state = Mutex(State())

    init(
        _ console: Console, ids: [Int], address: ServerAddress, hasOwnData: Bool, cores: Int
    ) {
        self.console = console
        self.ids = ids
        self.address = address
        self.hasOwnData = hasOwnData
        self.cores = cores
    }

    func show(_ event: ExperimentClient.Event, of client: Int) {
        switch event {
        case .began(let settings, let setup, let origin):
            begin(settings, setup, origin, client: client)
        case .round(let event): show(event, of: client)
        case .notice(let text): console.line("client \(client): \(text)")
        }
    }

    /// Says what will be trained, and on what, once for all.
    private func begin(
        _ settings: RunSettings, _ setup: ClientSetup, _ origin: String, client: Int
    ) {
        state.withLock { state in
            guard !state.hasBegun else { return }
            state.hasBegun = true
            state.rounds = setup.spec.rounds
            state.score = setup.score
            let facts = setup.facts(
                settings, client: client, data: origin + (hasOwnData ? ", their own" : ""),
                cores: cores)
            console.line(console.bold("federated \(LibraryVersion.text)"))
            console.row("server", "\(address), run \(settings.run)")
            for (name, value) in facts {
                switch name {
                case "client":
                    console.row(
                        "clients", "\(ClientIDs.text(ids)), \(ids.count) of \(setup.spec.clients)")
                case "data": console.row(name, origin + (hasOwnData ? ", their own" : ""))
                case "threads":
                    console.row(
                        name,
                        "at most \(Text.plural(cores, "client")) at once on \(Machine.description)")
                default: console.row(name, value)
                }
            }
            console.line()
            console.line(
                console.dim(Text.pad("client", 6) + CommittedSummary.heading(setup.score)))
        }
    }

    private func show(_ event: ClientEvent, of client: Int) {
        switch event {
        case .registered, .training: break
        case .away(let reason):
            let isFirst = state.withLock { state in
                defer { state.away.insert(client) }
                return state.away.isEmpty
            }
            if isFirst { console.line("the server is away: \(reason); trying again") }
        case .back(let seconds):
            let isLast = state.withLock { state in
                state.away.remove(client) != nil && state.away.isEmpty
            }
            if isLast { console.line("the server is back after \(Text.fixed(seconds, 1)) s") }
        case .waiting(let wait):
            let isNew = state.withLock { state in
                defer { state.wait = wait.words }
                return state.wait != wait.words
            }
            if isNew { console.line(wait.words) }
        case .uploaded(let round, let result, _):
            state.withLock { $0.results[Key(client: client, round: round)] = result }
        case .dropped(let round, let reason):
            console.line("client \(client): round \(round) goes on without it: \(reason)")
        case .committed(let summary):
            let (rounds, score, result) = state.withLock { state in
                (
                    state.rounds, state.score,
                    state.results.removeValue(
                        forKey: Key(client: client, round: summary.round))
                )
            }
            console.line(
                Text.pad("\(client)", 6) + summary.row(of: rounds, result, score: score))
        }
    }

    /// Says at once that a client has ended before the run has.
    func end(_ ending: ClientGroup.Ending, of client: Int) {
        guard case .failure(let error) = ending, !(error is CancellationError) else { return }
        state.withLock { _ = $0.away.remove(client) }
        console.line("client \(client) has ended: \(sentence(for: error))")
    }
}
