import ArgumentParser
import Federation
import FederationStore

/// `federated show RUN`: a run's settings, rounds and clients.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a run of the store: its settings, rounds and clients.")

    @Argument(help: ArgumentHelp("The run, as `federated runs` names it.", valueName: "run"))
    var name: String

    @OptionGroup var reading: StoreReading

    func run() throws {
        let (stored, rounds, log) = try reading.read { store throws in
            (
                try store.run(name), try store.rounds(of: name),
                try store.log(of: name, withModel: false)
            )
        }
        let console = Console(quiet: false)
        let settings = log.configuration.members.sorted { $0.key < $1.key }
            .map { "\(JSONValue.spaced($0.key)) \($0.value.words)" }
        let rows = [
            ("data", log.data.words),
            ("model", "\(log.model.words), \(Text.count(log.modelParameters)) parameters"),
            ("settings", settings.joined(separator: ", ")),
            ("machine", "\(Text.plural(log.threads, "thread")) on \(log.cpu)"),
            ("log", stored.logFile ?? "none yet"),
        ]
        console.line(console.bold("\(stored.name)  \(stored.outcome)"))
        for (name, value) in rows {
            console.line("  \(console.dim(Text.padRight(name, 11)))\(value)")
        }
        console.line()
        guard !rounds.isEmpty else { return console.line("  no round is committed") }
        console.line(console.dim(RunDisplay.heading))
        for round in rounds { console.line(RunDisplay.row(round, of: log.maxRound)) }
        console.line()
        RunDisplay.clientTable(log, on: console)
        let failures = rounds.flatMap { round in
            round.record.clients.compactMap { part in
                part.failure.map {
                    "round \(round.record.round), client \(part.client): \($0.reason)"
                }
            }
        }
        for failure in failures.suffix(20) { console.line("  \(failure)") }
    }
}
