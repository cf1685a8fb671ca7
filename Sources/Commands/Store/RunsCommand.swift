import ArgumentParser
import Experiments
import Federation
import FederationStore
import Glibc
import JSON
import Platform
import Terminal

/// `federated runs`: what the store has.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List the runs in the store, or give some of them up.",
        discussion: """
            A filter is words that must all hold: free ones are looked for in id, name, tags, note, \
            data, strategy, model and state; tag:base, state:running, data:digits, strategy:FedAvg name a \
            field; accuracy>0.9, rounds>=10, seed=1 compare a number; -word is one that must not hold.
            """)

    @OptionGroup var reading: StoreReading

    @Option(
        help: ArgumentHelp(
            "Only the runs for which all of these words hold, like 'tag:base accuracy>0.9'.",
            valueName: "words"))
    var filter: String?

    @Option(
        help: ArgumentHelp(
            """
            Sort by \(RunKey.allCases.map(\.rawValue).joined(separator: ", ")); KEY:desc for the \
            largest first. (default: in the order in which they began)
            """, valueName: "key"))
    var sort: String?

    @Option(
        help: ArgumentHelp(
            "Only so many: the first ones by --sort, else the newest.", valueName: "number"))
    var limit: Int?

    @Flag(help: "Print the runs as one JSON array, and nothing else.")
    var json = false

    @Option(
        help: ArgumentHelp(
            """
            Remove a run from the store, by its id, name or the beginning of one; its log stays. May be given \
            several times. On a terminal this is asked once.
            """, valueName: "run"))
    var remove: [String] = []

    @Flag(help: "Remove without asking.")
    var yes = false

    func validate() throws {
        if let limit { try requirePositive(limit, "--limit") }
        if yes, remove.isEmpty { throw ValidationError("--yes belongs to --remove") }
        if !remove.isEmpty, filter != nil || sort != nil || limit != nil || json {
            throw ValidationError(
                "--remove names its runs: --filter, --sort, --limit and --json belong to the list")
        }
        _ = try sorting()
        _ = try asValidationError { try filter.map(RunFilter.init) }
    }

    private func sorting() throws -> RunSorting? {
        guard let sort else { return nil }
        guard let sorting = RunSorting(sort) else {
            throw ValidationError(
                "--sort is “\(sort)”: "
                    + RunKey.allCases.map(\.rawValue).joined(separator: ", ")
                    + " was expected, with :desc for the largest first")
        }
        return sorting
    }

    func run() throws {
        let console = Console(quiet: false)
        guard remove.isEmpty else { return try giveUp(on: console) }
        let all = try reading.read { store throws in try RunRow.all(in: store, hasSparks: json) }
        let shown = try chosen(all)
        if json {
            return Console.write(
                JSONValue.array(shown.map(\.json)).encoded() + [UInt8(ascii: "\n")])
        }
        guard !all.isEmpty else { return console.line("no run yet in \(reading.store)") }
        guard !shown.isEmpty else {
            return console.line(
                "none of the \(Text.plural(all.count, "run")) in \(reading.store) is so")
        }
        var table = TextTable([
            .left("run"), .left("name"), .left("tags"), .left("data"), .left("division"),
            .left("strategy"), .left("model"), .right("clients"), .right("rounds"),
            .right("seed"), .right("accuracy"), .left("state"),
        ])
        for row in shown { table.add(row.cells) }
        table.print(console)
        if shown.count < all.count {
            console.line(console.dim("  \(shown.count) of \(Text.plural(all.count, "run"))"))
        }
    }

    private func chosen(_ all: [RunRow]) throws -> [RunRow] {
        var rows = all
        if let filter = try filter.map(RunFilter.init) { rows = rows.filter(filter.matches) }
        if let sorting = try sorting() {
            rows = sorting.sorted(rows)
            return limit.map { Array(rows.prefix($0)) } ?? rows
        }
        return limit.map { Array(rows.suffix($0)) } ?? rows
    }

    private func giveUp(on console: Console) throws {
        // A store that is not there is not made.
        try reading.read { store in
            let names = try remove.map { try store.name(beginning: $0) }
            // Whoever has a program read our input has said what is to go; who sits there is asked.
            guard !yes, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return }
            let count = Set(names).count
            let what =
                try count == 1
                ? "run \(names[0])"
                    + (store.labels(of: names[0]).name.map { " (\($0.printable))" } ?? "")
                : "\(count) runs (\(names.joined(separator: ", ")))"
            Console.warn(
                "\(what) and all models of it leave the store for good; type yes to go on: ")
            guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
                throw CommandFailure(message: "nothing is removed")
            }
        }
        let store = try RunStore(path: reading.store)
        defer { store.close() }
        for (name, log) in try store.giveUp(remove) {
            console.line("run \(name) is removed" + (log.map { "; its log stays: \($0)" } ?? ""))
        }
    }
}

extension RunRow {
    /// As a row of the table.
    fileprivate var cells: [String] {
        [
            id, labels.name ?? "", labels.tags.joined(separator: ","), data, division, strategy,
            model, "\(clients)", "\(rounds)/\(planned)", "\(seed)",
            accuracy.map(score.named) ?? "–", stateText,
        ]
    }
}
