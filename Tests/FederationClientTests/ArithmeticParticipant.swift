import Federation
import FederationClient
import FederationWire
import Parameters
import Platform
import Synchronization

/// Trains by arithmetic, in a time that a test chooses.
struct ArithmeticParticipant: Participant {
    let client: Int
    var architecture = Served.digest
    /// Its strategy's half at the client.
    var strategy = Strategy.fedAvg
    var diverges = false
    /// From which round on it trains until it is told to stop.
    var endlessFrom = Int.max
    /// Where it waits before it trains in rounds from this one on.
    var gate: (round: Int, gate: Gate)?
    /// What its transforms keep, by round: another program in its place may have it.
    var kept = Kept()
    /// What it was told to do.
    var works = Works()

    var layout: ParameterLayout { Served.layout }

    func sampleCount(round: Int) -> Int { 10 + client }

    func train(
        _ work: RoundWork, progress: TrainingProgress
    ) async throws(TrainingFailure) -> TrainingResult {
        works.note(work)
        if let gate, work.round >= gate.round { await gate.gate.pass() }
        while work.round >= endlessFrom {
            if progress.isStopping { throw .stopped }
            try? await Task.sleep(for: .milliseconds(1))
        }
        if diverges { throw .diverged("its loss is no finite number in epoch 1, batch 1") }
        do {
            let own = work.counted.map { kept.states[$0] ?? [:] } ?? [:]
            let made = try strategy.prepared(
                ModelUpdate(
                    client: client, round: work.round, sampleCount: sampleCount(round: work.round),
                    parameters: Served.trained(work, client: client)),
                ClientContext(
                    client: client, round: work.round, seed: 1, model: work.model,
                    work: Served.work, own: own))
            kept.note(made.kept, work.round)
            return TrainingResult(
                made.update, loss: 1, imageCount: 10, seconds: 0.25, classCounts: [10, client])
        } catch {
            throw .impossible("\(error)")
        }
    }
}

/// Lets nobody through until it is opened.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

    func pass() async {
        await withCheckedContinuation { wake in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(wake) }
                return state.isOpen
            }
            if isOpen { wake.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// What transforms kept in each round.
final class Kept: Sendable {
    private let table = Mutex<[Int: [String: ParameterVector]]>([:])
    var states: [Int: [String: ParameterVector]] { table.withLock { $0 } }
    func note(_ state: [String: ParameterVector], _ round: Int) {
        table.withLock { $0[round] = state }
    }
}

/// What a client was told to do, in its order.
final class Works: Sendable {
    private let list = Mutex<[RoundWork]>([])
    var all: [RoundWork] { list.withLock { $0 } }
    func note(_ work: RoundWork) { list.withLock { $0.append(work) } }
}

/// Sends every second number of its change and what it has not sent before: keeps the rest.
struct EverySecond: UpdateTransform {
    static let rest = "rest"

    var place: TransformPlace { .client }
    var description: String { "every second" }
    var clientStateNames: [String] { [Self.rest] }

    func prepare(
        _ contribution: inout Contribution, _ context: ClientContext
    ) throws(AggregationError) {
        let change = contribution.value.change(from: context.model)
        let rest = context.own[Self.rest] ?? ParameterVector(zeros: change.count)
        let whole = ParameterVector.map(change, rest) { $0 + $1 }
        func part(_ isSent: Bool) -> ParameterVector {
            ParameterVector(count: whole.count) { target in
                for index in target.indices where (index % 4 == 0) == isSent {
                    target[index] = whole.array(in: index..<index + 1)[0]
                }
            }
        }
        contribution.value = .change(part(true))
        contribution.clientState[Self.rest] = part(false)
        contribution.numbers["sent"] = Double(context.client) + 0.1
    }

    func complete(
        _ aggregate: inout Aggregate, _ context: RoundContext
    ) throws(AggregationError) {
        aggregate.metrics["sent"] = aggregate.numbers["sent"]
    }
}

/// What clients told, as texts.
final class Events: Sendable {
    private struct State {
        var texts: [String] = []
        var waiters: [(text: String, wake: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func note(_ event: ClientEvent) {
        // For how many it waits depends on who comes first.
        if case .waiting = event { return }
        let text =
            switch event {
            case .registered: "registered"
            case .waiting: "waiting"
            case .away: "away"
            case .back: "back"
            case .training(let round): "training \(round)"
            case .uploaded(let round, _, let byteCount): "uploaded \(round): \(byteCount)"
            case .dropped(let round, _): "dropped \(round)"
            case .committed(let summary): "committed \(summary.round)"
            }
        let woken = state.withLock { state in
            state.texts.append(text)
            let woken = state.waiters.filter { $0.text == text }
            state.waiters.removeAll { $0.text == text }
            return woken
        }
        for waiter in woken { waiter.wake.resume() }
    }

    var all: [String] { state.withLock { $0.texts } }

    /// Returns when one is told that has that text, or has been.
    func wait(for text: String) async {
        await withCheckedContinuation { wake in
            let isThere = state.withLock { state in
                if state.texts.contains(text) { return true }
                state.waiters.append((text, wake))
                return false
            }
            if isThere { wake.resume() }
        }
    }
}
