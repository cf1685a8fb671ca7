import ArgumentParser
import Federation
import FederationStore
import JSON

/// `federated show RUN`: a run's settings, rounds and clients.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a run of the store, or of a log: its settings, rounds and clients.")

    @Argument(help: ArgumentHelp(RunChoice.help, valueName: "run"))
    var name: String?

    @OptionGroup var reading: StoreReading

    func run() throws {
        guard let name else { throw reading.unnamed("show needs a run") }
        let run = try reading.find([RunChoice(name)])[0]
        Self.show(run, on: Console(quiet: false))
    }

    /// Drops that are listed: the last ones.
    private static let dropsShown = 20

    private static func show(_ run: FoundRun, on console: Console) {
        let log = run.log
        console.line(console.bold("\(run.name)  \(run.outcome)"))
        if let stored = run.stored { console.row("begun by", "federated \(stored.kind)") }
        for (name, value) in facts(log) { console.row(name, value) }
        console.row("log", run.logFile ?? "none yet")
        console.line()
        guard !log.serverAccuracies.isEmpty else {
            return console.line("  no round is committed")
        }
        let rows = RoundRow(width: console.width)
        console.line(console.dim(rows.heading))
        for index in log.serverAccuracies.indices {
            console.line(rows.text(index, of: log))
        }
        console.line()
        RunDisplay.clientTable(log, on: console)
        show(log.drops ?? [], on: console)
    }

    /// What a run was, as rows: in the words of the settings, where the log has those of this version.
    private static func facts(_ log: RunLog) -> [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        let settings = try? ExperimentSettings(configuration: log.configuration)
        if let settings, log.configuration != [:] {
            facts += settings.facts
        } else {
            facts.append(("experiment", "\(log.experiment)"))
            facts.append(("clients", Text.count(log.clientNumber)))
            facts += log.configuration.members.sorted { $0.key < $1.key }
                .map { (JSONValue.spaced($0.key), $0.value.words) }
        }
        if log.data != nil { facts.append(("data", log.data.words)) }
        if log.model != nil {
            facts.append(
                ("model", "\(log.model.words), \(Text.count(log.modelParameters)) parameters"))
        }
        if !log.cpu.isEmpty {
            facts.append(("machine", "\(Text.plural(log.threads, "thread")) on \(log.cpu)"))
        }
        return facts
    }

    private static func show(_ drops: [ClientDrop], on console: Console) {
        guard !drops.isEmpty else { return }
        let hidden = drops.count - dropsShown
        if hidden > 0 { console.line("  … \(Text.plural(hidden, "earlier drop"))") }
        for drop in drops.suffix(dropsShown) {
            console.line("  round \(drop.round), client \(drop.client): \(drop.reason)", hanging: 4)
        }
    }
}
