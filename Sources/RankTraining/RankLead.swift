import Federation
import Foundation
import NeuralNetworks
import Parameters
import Platform
import Training

/// Rank 0's loop: hands the run machine what has happened and carries out its orders, those that
/// all ranks share one after the other.
struct RankLead: Sendable {
    private let configuration: FederationConfiguration
    private let communicator: any Communicator
    private let worker: RankWorker
    private let progress: RunProgress
    private let onRound: @Sendable (CommittedRound, FederationState) throws -> Void

    private var machine: RunMachine
    /// The open round's clients that are to be trained.
    private var tasks: [TrainingTask] = []
    /// Models that are to be tested.
    private var tests: [(subject: EvaluationSubject, round: Int, model: ParameterVector)] = []
    /// How clients' own models did whose updates are being folded.
    private var evaluations: [Int: (evaluation: Evaluation, seconds: Double)] = [:]
    /// What the other ranks have.
    private var known: FederationState?
    /// What the last order to train began with.
    private var began: ParameterVector?
    private(set) var speeds: RankSpeeds

    init(
        _ configuration: FederationConfiguration, _ communicator: any Communicator,
        _ worker: RankWorker, _ progress: RunProgress, _ machine: RunMachine,
        onRound: @escaping @Sendable (CommittedRound, FederationState) throws -> Void
    ) {
        self.configuration = configuration
        self.communicator = communicator
        self.worker = worker
        self.progress = progress
        self.machine = machine
        self.onRound = onRound
        speeds = RankSpeeds(ranks: communicator.size, threads: configuration.threads)
    }

    /// Runs all rounds.
    mutating func run() -> RunResult {
        report(.begin)
        while true {
            if let result = machine.result { return result }
            if tests.isEmpty { train() } else { test() }
        }
    }

    // MARK: Orders

    /// Hands an event to the machine, carries out what needs this process alone, and takes note of
    /// what needs all.
    private mutating func report(_ event: RunEvent) {
        var events = [event]
        while !events.isEmpty {
            let event = events.removeFirst()
            for order in machine.handle(event, at: MonotonicClock.seconds()) {
                if let answer = carryOut(order) { events.append(answer) }
            }
        }
    }

    private mutating func carryOut(_ order: RunOrder) -> RunEvent? {
        switch order {
        case .awaitClients(let round, _), .extended(let round, _):
            preconditionFailure("round \(round) waits for clients that are all here")
        case .abandoned, .wake: break
        case .opened(let round, let cohort):
            progress.open(
                round: round, cohort: cohort.count,
                trainingImages: images(of: cohort, round: round),
                evaluationImages: configuration.evaluationImages(cohort: cohort.count))
        case .train(let task): tasks.append(task)
        case .fold(let work): return .folded(work.run(threads: configuration.threads))
        case .aggregate(let work): return .aggregated(work.run(threads: configuration.threads))
        case .evaluate(let subject, let round, let value, let before):
            tests.append((subject, round, value.model(after: before)))
        case .commit(let round, let state):
            do {
                try onRound(round, state)
                return .committed(round: round.record.round)
            } catch {
                return .notCommitted(round: round.record.round, error)
            }
        case .settled(let client, let round, let settlement):
            return settle(client, round, settlement)
        case .end: (tasks, tests) = ([], [])
        }
        return nil
    }

    /// A client's model has been tested before its update was folded, and counts once it is.
    private mutating func settle(
        _ client: Int, _ round: Int, _ settlement: Settlement
    ) -> RunEvent? {
        if case .rejected(let reason) = settlement {
            preconditionFailure("client \(client) in round \(round): \(reason)")
        }
        guard let tested = evaluations.removeValue(forKey: client), settlement == .folded else {
            return nil
        }
        return .evaluated(
            .client(client), round: round, tested.evaluation, seconds: tested.seconds)
    }

    private func images(of clients: [Int], round: Int) -> Int {
        clients.reduce(0) { $0 + configuration.imageCount(client: $1, round: round) }
    }

    // MARK: Training

    /// Trains the open round's clients on all ranks.
    private mutating func train() {
        guard let first = tasks.first else { preconditionFailure("the run waits for nothing") }
        while !progress.gate.lets(first.round), !progress.isStopping { usleep(20_000) }
        let start = MonotonicClock.seconds()
        let (round, state) = (first.round, first.state)
        let order = TrainingOrder(
            round: round, clients: deal(tasks),
            dropouts: Set(tasks.filter(\.dropsOut).map(\.client)),
            configuration.strategy, state, known: known, began: began)
        tasks = []
        _ = communicator.broadcast(value: RankOrder.train(order))
        _ = order.share(state, communicator)
        known = FederationState(
            model: state.model, vectors: state.vectors, previous: state.previous)
        began = state.model
        var part = worker.train(
            order, from: state, progress: { [progress] in progress.add(trained: $0) })
        let reports =
            [part.report]
            + communicator.gather([]).dropFirst().map { TrainingReport(bytes: $0) }
        note(reports, round, seconds: MonotonicClock.seconds() - start)
        let isStopped = progress.isStopping || reports.contains(where: \.isStopped)
        let clients = reports.flatMap(\.clients).sorted { $0.client < $1.client }
        if let sum = part.sum.take() {
            add(sum, clients, round, isStopped: isStopped)
        } else {
            gather(part.contributions, order, clients, reports, isStopped: isStopped)
        }
    }

    /// Which rank trains which clients.
    private func deal(_ tasks: [TrainingTask]) -> [[Int]] {
        // An image costs three times as much to train on as to test.
        let tested = Double(configuration.imagesPerClientTest) / 3
        let costs = tasks.map { task in
            (task.client, Double(images(of: [task.client], round: task.round)) + tested)
        }
        return WorkDeal(costs, speeds: speeds.speeds).clients
    }

    /// Takes note of how fast the ranks were, and of what they have done.
    private mutating func note(_ reports: [TrainingReport], _ round: Int, seconds: Double) {
        let trained = reports.map { report in
            images(
                of: report.clients.filter { $0.failure == nil || $0.isRefused }.map(\.client),
                round: round)
        }
        speeds.note(reports, imagesTrained: trained, seconds: seconds)
        for (rank, report) in reports.enumerated() {
            if rank > 0 { progress.add(trained: trained[rank]) }
            progress.add(evaluated: report.imagesEvaluated, seconds: report.evaluationSeconds)
            progress.clientsTrained(report.clients.count, seconds: report.trainingSeconds)
        }
    }

    /// Makes one sum of all ranks'.
    private mutating func add(
        _ sum: consuming any SummingFold, _ clients: [ClientReport], _ round: Int,
        isStopped: Bool
    ) {
        let failure = communicator.reduce(&sum, isWanted: !isStopped)
        if isStopped { return report(.stop) }
        var clients = clients
        if let failure {
            // Only clients whose models grew out of bounds can have filled the sum.
            for index in clients.indices where clients[index].failure == nil {
                clients[index].failure = ClientFailure(.divergence, reason: "\(failure)")
                clients[index].isRefused = true
                clients[index].evaluation = nil
            }
        }
        report(.summed(sum, clients, round: round))
    }

    /// Takes all ranks' contributions one by one, for a fold that needs them in one place.
    private mutating func gather(
        _ own: [Contribution], _ order: TrainingOrder, _ clients: [ClientReport],
        _ reports: [TrainingReport], isStopped: Bool
    ) {
        let reported = Dictionary(uniqueKeysWithValues: clients.map { ($0.client, $0) })
        let sent = reports.dropFirst().map { report in
            report.clients.count { $0.failure == nil && !order.dropouts.contains($0.client) }
        }
        if isStopped {
            communicator.gather(own)
            return report(.stop)
        }
        for client in clients {
            if let failure = client.failure {
                report(.failed(client: client.client, round: order.round, failure, at: nil))
            } else if order.dropouts.contains(client.client) {
                // Its update has not been sent, and will not be folded.
                let lost = Contribution(
                    client: client.client, round: order.round, sampleCount: client.sampleCount,
                    weight: 0, value: .model(ParameterVector(zeros: 0)))
                take(lost, client)
            }
        }
        for contribution in own { take(contribution, reported[contribution.client]) }
        communicator.gather(own, steps: sent.max() ?? 0) { contribution in
            take(contribution, reported[contribution.client])
        }
    }

    private mutating func take(_ contribution: Contribution, _ known: ClientReport?) {
        var contribution = contribution
        if let known { contribution.change = known.change }
        if let evaluation = known?.evaluation {
            evaluations[contribution.client] = (evaluation, known?.evaluationSeconds ?? 0)
        }
        report(
            .trained(
                TrainedUpdate(
                    contribution, seconds: known?.seconds, classCounts: known?.classCounts)))
    }

    // MARK: Evaluation

    /// Tests the first of the models that wait for it on all ranks.
    private mutating func test() {
        let (subject, round, model) = tests.removeFirst()
        _ = communicator.broadcast(value: RankOrder.evaluate)
        known = FederationState(
            model: communicator.broadcast(model, count: model.count),
            vectors: known?.vectors ?? [:], previous: known?.previous)
        let own = worker.evaluate(model)
        let reports =
            [own] + communicator.gather([]).dropFirst().map { EvaluationReport(bytes: $0) }
        if progress.isStopping || reports.contains(where: \.isStopped) { return report(.stop) }
        let pieces = reports.flatMap(\.pieces).sorted { $0.piece < $1.piece }.map(\.result)
        let whole = configuration.evaluationSet.combine(pieces)
        let seconds = reports.reduce(0) { $0 + $1.seconds }
        progress.add(evaluated: whole.count, seconds: seconds)
        report(.evaluated(subject, round: round, whole, seconds: seconds))
    }
}
