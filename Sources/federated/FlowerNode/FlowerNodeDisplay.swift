import Federation
import FlowerNode
import Training
import NeuralNetworks

/// What the user sees of a node: what it uses, a line a task, and what goes wrong.
struct FlowerNodeDisplay: Sendable {
    private let console: Console

    init(_ console: Console) { self.console = console }

    private static let heading = " round      task  accuracy      loss   samples    seconds"

    /// Says what the node has, and whom it asks for work.
    func begin(
        _ address: SuperLinkAddress, keyFile: String?, data: String, options: FlowerNodeOptions,
        trainee: LocalTrainee
    ) {
        let tests = trainee.tests
        let rows = [
            ("superlink", "\(address)"),
            ("key", keyFile ?? "a new one, for this time only"),
            ("client", Text.client(options.part, of: trainee.shards.clientCount)),
            ("partition", options.division),
            ("data", "\(data), \(Text.plural(trainee.sampleCount, "sample"))"),
            ("tests", "\(Text.count(tests.indices.count)) of \(Text.count(tests.images.count))"),
            (
                "model",
                "\(options.model.rawValue), "
                    + "\(Text.count(trainee.architecture.parameterCount)) parameters in "
                    + "\(Text.plural(trainee.layout.entries.count, "array"))"
            ),
            ("training", "\(trainee.training.summary), unless the ServerApp says"),
            ("seed", "\(options.seed)"),
            (
                "threads",
                "1, at most \(Text.plural(trainee.slots.count, "node")) at once on "
                    + Machine.description
            ),
        ]
        console.line(console.bold("federated \(Federated.version)"))
        for (name, value) in rows { console.row(name, value) }
        console.line()
    }

    func show(_ event: NodeEvent) {
        switch event {
        case .joined(let node):
            console.line("joined as node \(node)")
            console.line(console.dim(Self.heading))
        case .waiting(let reason):
            console.line("the SuperLink has this key's node online still: \(reason); trying again")
        case .away(let reason): console.line("the SuperLink is away: \(reason); trying again")
        case .back(let seconds):
            console.line("the SuperLink is back after \(Text.fixed(seconds, 1)) s")
        case .began(let task, let settings):
            let round = settings.round.map { "round \($0): " } ?? ""
            console.transient("\(round)\(task)")
        case .trained(let task, let settings, let seconds):
            line("train", settings, accuracy: nil, task.loss, task.sampleCount, seconds)
        case .evaluated(let task, let settings, let seconds):
            line(
                "evaluate", settings, accuracy: task.accuracy, task.loss, task.sampleCount, seconds)
        case .refused(let reason): console.line("refused a request: \(reason)")
        case .dropped(let reason): console.line("a reply is lost: \(reason)")
        }
    }

    private func line(
        _ task: String, _ settings: TaskSettings, accuracy: Double?, _ loss: Double,
        _ samples: Int, _ seconds: Double
    ) {
        let cells = [
            Text.pad(settings.round.map { "\($0)" } ?? "–", 6),
            Text.pad(task, 10),
            Text.pad(accuracy.map(Text.percent) ?? "–", 10),
            Text.pad(Text.fixed(loss, 4), 10),
            Text.pad(Text.count(samples), 10),
            Text.pad(Text.fixed(seconds, 2), 11),
        ]
        console.line(cells.joined())
    }
}
