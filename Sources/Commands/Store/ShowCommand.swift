import ArgumentParser
import Experiments
import Federation
import Platform
import Terminal

/// `federated show RUN`: a run's settings, rounds and clients.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a run of the store, or of a log: its settings, rounds and clients.")

    @Argument(help: ArgumentHelp(RunChoice.help, valueName: "run"))
    var name: String?

    @OptionGroup var reading: StoreReading

    @Flag(help: "Print what federated run --spec repeats the run with, and nothing else.")
    var spec = false

    @Flag(help: "Print all settings, those at their defaults, too.")
    var all = false

    func validate() throws {
        if spec, all { throw ValidationError("--spec and --all contradict each other") }
    }

    func run() throws {
        guard let name else { throw reading.unnamed("show needs a run") }
        let run = try reading.find([name])[0]
        if spec { return Console.write(Array(try run.specFile().text.utf8)) }
        Self.show(run, all: all, on: Console(quiet: false))
    }

    /// Drops that are listed: the last ones.
    private static let dropsShown = 20

    private static func show(_ run: FoundRun, all: Bool, on console: Console) {
        let log = run.log
        console.line(console.bold("\(run.name)  \(run.stateText)"))
        if let name = log.name { console.row("name", name) }
        if !log.tags.isEmpty { console.row("tags", log.tags.joined(separator: ", ")) }
        if !log.note.isEmpty { console.row("note", log.note) }
        if let stored = run.stored { console.row("begun by", "federated \(stored.kind)") }
        console.rows(log.facts(all: all))
        console.row("log", run.logFile ?? "none yet")
        if let words = run.repeatWords {
            console.line()
            for line in lines(of: words, width: console.width) { console.line(line) }
        }
        console.line()
        guard !log.serverAccuracies.isEmpty else {
            return console.line("  no round is committed")
        }
        let rows = RoundRow(width: console.width, score: log.score)
        console.line(console.dim(rows.heading))
        for index in log.serverAccuracies.indices {
            console.line(rows.text(index, of: log))
        }
        console.line()
        console.table(log.clientLines)
        console.rows(log.measures)
        show(log.drops ?? [], on: console)
    }

    /// A command in lines that a shell takes for one.
    private static func lines(of words: [String], width: Int?) -> [String] {
        var lines = ["  " + words[0]]
        for word in words.dropFirst() {
            let line = lines[lines.count - 1]
            // Room for the sign at the end.
            if let width, line.count + 1 + word.count + 2 > width, line.count > 6 {
                lines[lines.count - 1] += " \\"
                lines.append("      " + word)
            } else {
                lines[lines.count - 1] += " " + word
            }
        }
        return lines
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
