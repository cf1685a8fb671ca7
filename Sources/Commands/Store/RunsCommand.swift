import ArgumentParser
import Federation
import FederationStore
import Terminal

/// `federated runs`: what the store has.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List the runs in the store, or give some of them up.")

    @OptionGroup var reading: StoreReading

    @Option(
        help: ArgumentHelp(
            "Remove a run from the store, by its name or the beginning of that; its log stays.",
            valueName: "run"))
    var remove: [String] = []

    func run() throws {
        let console = Console(quiet: false)
        guard remove.isEmpty else {
            // A store that is not there is not made.
            try reading.read { _ in }
            let store = try RunStore(path: reading.store)
            defer { store.close() }
            for (name, log) in try store.giveUp(remove) {
                console.line(
                    "run \(name) is removed" + (log.map { "; its log stays: \($0)" } ?? ""))
            }
            return
        }
        let runs = try reading.read { store throws in try store.runs() }
        guard !runs.isEmpty else { return console.line("no run yet in \(reading.store)") }
        var table = TextTable([
            .left("run"), .left("by"), .left("data"), .left("division"), .left("strategy"),
            .left("model"), .right("clients"), .right("rounds"), .right("seed"),
            .right("accuracy"), .left("outcome"),
        ])
        for run in runs { table.add(run.row) }
        table.print(console)
    }
}
