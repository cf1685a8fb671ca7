import Experiments
import FlowerNode
import NetworkExperiments
import Platform
import Terminal

/// What the user sees of a node: what it uses, a line a task, and what goes wrong.
struct FlowerNodeDisplay: Sendable {
    private let console: Console

    init(_ console: Console) { self.console = console }

    /// Says what the node has, and whom it asks for work.
    func begin(
        _ address: SuperLinkAddress, keyFile: String?, data: String, part: FlowerPart,
        trainee: LocalTrainee
    ) {
        let whom = [
            ("superlink", "\(address)"),
            ("key", keyFile ?? "a new one, for this time only"),
        ]
        console.line(console.bold("federated \(LibraryVersion.text)"))
        for (name, value) in whom + trainee.facts(part, data: data) { console.row(name, value) }
        console.line()
    }

    func show(_ event: NodeEvent) {
        switch event {
        case .joined(let node):
            console.line("joined as node \(node)")
            console.line(console.dim(TrainedTask.heading))
        case .waiting(let reason):
            console.line("the SuperLink has this key's node online still: \(reason); trying again")
        case .away(let reason): console.line("the SuperLink is away: \(reason); trying again")
        case .back(let seconds):
            console.line("the SuperLink is back after \(Text.fixed(seconds, 1)) s")
        case .began(let task, let settings):
            let round = settings.round.map { "round \($0): " } ?? ""
            console.transient("\(round)\(task)")
        case .trained(let task, let settings, let seconds):
            console.line(task.row(settings, seconds))
        case .evaluated(let task, let settings, let seconds):
            console.line(task.row(settings, seconds))
        case .refused(let reason): console.line("refused a request: \(reason)")
        case .dropped(let reason): console.line("a reply is lost: \(reason)")
        }
    }
}
