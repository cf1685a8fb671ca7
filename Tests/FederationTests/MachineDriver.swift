import Federation
import Foundation
import Parameters

/// Carries out a machine's orders in an order of its own, with clients whose models depend on client
/// and round alone.
struct MachineDriver {
    static let layout = ParameterLayout([("w", [5])])

    var machine: RunMachine
    var random: RandomStream
    /// What is under way, and what will be said of it.
    private var jobs: [Job] = []
    /// In which rounds making permanent fails.
    var failingCommits: Set<Int> = []
    /// What tests say class by class, beside a metric; nil where they say no more than accuracy and loss.
    var measured: ClassResults?
    /// Every order that was given, in words.
    private(set) var log: [String] = []
    private(set) var commits: [(round: CommittedRound, state: FederationState)] = []

    private struct Job {
        var name: String
        var answer: () -> RunEvent
    }

    init(
        _ plan: RunPlan, seed: UInt64, resuming rounds: [CommittedRound] = [],
        state: FederationState? = nil
    ) {
        machine = RunMachine(
            plan, state: state ?? FederationState(model: ParameterVector([0, 1, 2, 3, 4])),
            resuming: rounds)
        random = RandomStream(RandomKey(seed: seed, purpose: .benchmark))
    }

    /// A client's model: whatever it began with, moved by client and round.
    static func model(_ client: Int, _ round: Int, from model: ParameterVector) -> ParameterVector {
        model.map { 0.5 * $0 + Float(client + 1) / Float(round + 2) }
    }

    /// Hands an event in and takes note of what is to be done.
    mutating func handle(_ event: RunEvent) {
        for order in machine.handle(event, at: Double(log.count)) { take(order) }
    }

    /// The names of what is under way.
    var pending: [String] { jobs.map(\.name) }

    /// Answers one of what is under way, any.
    mutating func step() {
        guard !jobs.isEmpty else { return }
        answer(random.next(below: jobs.count))
    }

    /// Answers what is under way of that name.
    mutating func answer(_ name: String) {
        guard let index = jobs.firstIndex(where: { $0.name == name }) else {
            preconditionFailure("“\(name)” is not under way: \(pending)")
        }
        answer(index)
    }

    private mutating func answer(_ index: Int) {
        let job = jobs.remove(at: index)
        handle(job.answer())
    }

    /// Runs to the end.
    mutating func run() -> RunResult? {
        handle(.begin)
        while machine.result == nil, !jobs.isEmpty { step() }
        return machine.result
    }

    private mutating func take(_ order: RunOrder) {
        switch order {
        case .awaitClients(let round, let count): log.append("await \(count) for \(round)")
        case .opened(let round, let cohort): log.append("open \(round) \(cohort)")
        case .abandoned(let round): log.append("abandon \(round)")
        case .extended(let round, _): log.append("extend \(round)")
        case .wake: break
        case .settled(let client, let round, let settlement):
            log.append("settled \(client) in \(round): \(settlement)")
        case .end(let result):
            log.append("end \(result.outcome)")
            jobs = []
        case .train(let task):
            let strategy = machine.plan.strategy
            add("train \(task.client) in \(task.round)") {
                let update = ModelUpdate(
                    client: task.client, round: task.round, sampleCount: 10 + task.client,
                    parameters: Self.model(task.client, task.round, from: task.state.model))
                do throws(AggregationError) {
                    let made = try strategy.contribution(
                        of: update, after: task.state,
                        work: LocalWork(steps: 2, learningRate: 0.5))
                    return .trained(
                        TrainedUpdate(
                            made.contribution, model: made.sent, seconds: 1, classCounts: [1, 2]))
                } catch {
                    return .failed(
                        client: task.client, round: task.round,
                        ClientFailure(.divergence, reason: "\(error)"), at: nil)
                }
            }
        case .fold(let work):
            add("fold in \(work.round)") { .folded(work.run(threads: 1)) }
        case .aggregate(let work):
            add("aggregate \(work.round)") { .aggregated(work.run(threads: 1)) }
        case .evaluate(let subject, let round, let value, let before):
            add("evaluate \(subject) in \(round)") { [measured] in
                let model = value.model(after: before)
                let sum = model.array(in: 0..<model.count).reduce(0, +)
                return .evaluated(
                    subject, round: round,
                    Evaluation(
                        accuracy: Double(sum).truncatingRemainder(dividingBy: 1), loss: 1, count: 5,
                        metrics: measured == nil ? [:] : ["measured": 0.5], classes: measured),
                    seconds: 2)
            }
        case .commit(let round, let state):
            let number = round.record.round
            let fails = failingCommits.contains(number)
            if !fails { commits.append((round, state)) }
            add("commit \(number)") {
                fails ? .notCommitted(round: number, DiskFull()) : .committed(round: number)
            }
        }
    }

    private mutating func add(_ name: String, _ answer: @escaping () -> RunEvent) {
        log.append(name)
        jobs.append(Job(name: name, answer: answer))
    }
}

/// Why a round is not permanent.
struct DiskFull: Error {}
