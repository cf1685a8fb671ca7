import Federation
import FederationServer
import FederationWire
import Parameters
import Platform
import Synchronization

/// A coordinator that is no other than a server's, among clients, a clock and a disk that do as chance
/// has it, without a socket, a thread or a second of waiting.
final class Simulation: Sendable {
    let stepper: Stepper
    let time = VirtualTime()
    let rules: SimulatedRules
    let state: Mutex<State>

    struct State {
        var disk: SimulatedDisk
        /// Counts the servers: what an earlier one still does leaves no trace.
        var life = 0
        var coordinator: Coordinator?
        var isOver = false
        var sampleCount = 0
        /// What was sent, whatever became of it.
        var updates: [SimulatedDisk.Sent: IncomingUpdate] = [:]
        var acknowledged: [SimulatedDisk.Acknowledgement] = []
        /// Kept updates that a later server could not take up again.
        var refusedAgain: Set<String> = []
        /// When something was last got done.
        var progressSeconds = 0.0
        var chaos = 0
        var events: [String] = []
        var problems: [String] = []
    }

    /// The server's life is over.
    struct DiskFull: Error, CustomStringConvertible {
        var description: String { "the disk is full" }
    }

    init(seed: UInt64) {
        let stepper = Stepper(RandomStream(RandomKey(seed: seed, purpose: .benchmark)))
        self.stepper = stepper
        var rules = SimulatedRules(stepper)
        var kept: [ModelUpdate] = []
        // What an earlier life has acknowledged, of this round or, as it may be, of another.
        for client in 0..<rules.options.clients
        where rules.isPlain[client] && stepper.happens(onceIn: 4) {
            kept.append(
                ModelUpdate(
                    client: client, round: stepper.happens(onceIn: 5) ? 2 : 1,
                    sampleCount: 1000 + client, parameters: Self.model(stepper)))
        }
        rules.options.keptUpdates = kept
        self.rules = rules
        var state = State(disk: SimulatedDisk(rules.options))
        state.sampleCount = 2000
        for update in kept {
            let sent = SimulatedDisk.Sent(
                run: 0, client: update.client, round: update.round, samples: update.sampleCount)
            state.updates[sent] = IncomingUpdate(
                client: update.client, round: update.round, sampleCount: update.sampleCount,
                value: .model(update.parameters), byteCount: 0, origin: .earlierLife)
            state.acknowledged.append(
                SimulatedDisk.Acknowledgement(sent: sent, life: 0, origin: .earlierLife))
        }
        self.state = Mutex(state)
    }

    /// Runs it to its end.
    /// - Returns: what is wrong.
    func run() -> [String] {
        var steps = 0
        for life in 1...4 {
            live(life, &steps)
            let isDone = state.withLock { state in
                state.disk.runs[state.disk.current].outcome != nil || !state.problems.isEmpty
            }
            if isDone { break }
        }
        if steps >= 1_000_000 { wrong("it goes on and on") }
        check()
        return state.withLock { $0.problems }
    }

    /// Draws a small model whose numbers are exact.
    static func model(_ stepper: Stepper) -> ParameterVector {
        ParameterVector((0..<10).map { _ in Float(stepper.next(below: 64)) / 8 })
    }

    func wrong(_ what: String) { state.withLock { $0.problems.append(what) } }

    var coordinator: Coordinator? { state.withLock { $0.coordinator } }

    // MARK: A server's life

    private func live(_ life: Int, _ steps: inout Int) {
        let coordinator = begin(life)
        stepper.begin { await coordinator.begin() }
        for client in rules.isPlain.indices {
            if rules.isPlain[client] {
                stepper.begin { await self.takePartPlainly(client, life) }
            } else {
                stepper.begin { await self.takePart(client, life) }
            }
        }
        // One life has trouble enough.
        if life == 1 {
            for _ in 0..<3 {
                state.withLock { $0.chaos += 1 }
                stepper.begin {
                    for _ in 0..<10 { await self.disturb(life) }
                    self.state.withLock { $0.chaos -= 1 }
                }
            }
        }
        while !isOver, hasPatience, steps < 1_000_000 {
            if life == 1, steps == rules.stopStep { break }
            if stepper.step() { steps += 1 } else { passTime(5, coordinator) }
        }
        end(coordinator)
    }

    private func begin(_ life: Int) -> Coordinator {
        state.withLock { state in
            state.life = life
            state.isOver = false
            state.progressSeconds = time.seconds()
        }
        let coordinator = Coordinator(
            served(life), limits: ServerLimits(parameterCount: 10),
            timing: rules.options.timing, time: time,
            workers: Workers(on: stepper) { await self.stepper.pause() }, counters: Counters(),
            feed: StateFeed(limit: 1, time: time),
            presentation: Coordinator.Presentation(
                version: "0", address: "none", isInsecure: false),
            report: { self.note($0, life) })
        state.withLock { $0.coordinator = coordinator }
        return coordinator
    }

    /// Whether anybody does any mischief.
    var hasChaos: Bool { state.withLock { $0.chaos > 0 } }

    /// Whether this server has nothing more to do.
    private var isOver: Bool {
        state.withLock {
            $0.isOver || $0.disk.runs[$0.disk.current].outcome != nil || !$0.problems.isEmpty
        }
    }

    /// Whether a round may still take its time. When nobody does any mischief any more, a client that was
    /// given up comes back with its next question, and the round's deadline passes twice at most: once for
    /// those who were lost before.
    private var hasPatience: Bool {
        let (last, chaos) = state.withLock { ($0.progressSeconds, $0.chaos) }
        if chaos > 0, time.seconds() < 20_000 {
            state.withLock { $0.progressSeconds = time.seconds() }
            return true
        }
        let limit = 100 + 2 * (rules.options.deadlineSeconds ?? 50)
        guard time.seconds() - last > limit else { return true }
        wrong("a round has not closed within \(limit) s")
        return false
    }

    private func passTime(_ seconds: Double, _ coordinator: Coordinator) {
        time.advance(by: seconds)
        stepper.begin { await coordinator.upkeep() }
    }

    /// Ends a server, in whatever it is about; nothing that it still does reaches the disk.
    private func end(_ coordinator: Coordinator) {
        let isFinished = state.withLock { $0.disk.runs[$0.disk.current].outcome != nil }
        if !isFinished { state.withLock { $0.life += 100 } }
        stepper.begin { await coordinator.drain() }
        var idle = 0
        while stepper.taskCount > 0, idle < 200 {
            if stepper.step() { continue }
            idle += 1
            passTime(30, coordinator)
        }
        if stepper.taskCount > 0 { wrong("\(stepper.taskCount) tasks wait for ever") }
        while stepper.step() {}
        state.withLock { state in
            state.coordinator = nil
            for index in state.disk.runs.indices { state.disk.runs[index].isCommitting = false }
        }
    }

    private func note(_ event: ServerEvent, _ life: Int) {
        state.withLock { state in
            switch event {
            case .note(let text), .notice(let text):
                state.events.append("\(life): \(text)")
                if text.hasPrefix("a fault of this program") { state.problems.append(text) }
                if text.contains("from before the restart, does not count") {
                    state.refusedAgain.insert(String(text.prefix { $0 != "," }))
                }
            case .committed: state.progressSeconds = time.seconds()
            case .failed: state.isOver = true
            case .waiting, .finished: break
            }
        }
    }

    // MARK: What is served

    /// The last run on the disk.
    private func served(_ life: Int) -> ServedRun {
        let (index, run) = state.withLock { ($0.disk.current, $0.disk.runs[$0.disk.current]) }
        var options = run.options
        options.committed = run.commits.map(\.round)
        options.keptUpdates = run.kept
        var served = TestServer.served(options, TestServer.Record(), run: run.name)
        served.state = run.commits.last?.state ?? run.initial
        served.keep = { update in
            await self.stepper.pause()
            try self.write(life) { state in
                let kept = state.disk.runs[index].kept
                state.disk.runs[index].kept =
                    kept.filter { $0.client != update.client || $0.round != update.round }
                    + [update]
            }
            await self.stepper.pause()
        }
        served.commit = { round, known in
            try self.beginCommit(index, round.record.round, life)
            await self.stepper.pause()
            try self.write(life) { state in
                state.disk.runs[index].commits.append((round, known, life))
                state.disk.runs[index].kept.removeAll { $0.round <= round.record.round }
            }
            await self.stepper.pause()
            self.note(life) { $0.disk.runs[index].isCommitting = false }
        }
        served.evaluate = { _, _, _ in
            await self.stepper.pause()
            return (Evaluation(accuracy: 0.5, loss: 1, count: 10), seconds: 0.5)
        }
        served.finish = { outcome, _ in
            await self.stepper.pause()
            self.note(life) { $0.disk.runs[index].outcome = outcome }
        }
        return served
    }

    private func beginCommit(_ run: Int, _ round: Int, _ life: Int) throws {
        state.withLock { state in
            guard state.life == life else { return }
            let known = state.disk.runs[run]
            if known.isCommitting { state.problems.append("two commits at once") }
            if round != known.commits.count + 1 {
                state.problems.append("round \(round) committed after \(known.commits.count)")
            }
            state.disk.runs[run].isCommitting = true
        }
    }

    /// Changes the disk, unless it is full or the server is gone.
    private func write(_ life: Int, _ change: (inout State) -> Void) throws {
        if let count = rules.diskFailure, life == 1, stepper.happens(onceIn: count) {
            throw DiskFull()
        }
        note(life, change)
    }

    private func note(_ life: Int, _ change: (inout State) -> Void) {
        state.withLock { if $0.life == life { change(&$0) } }
    }

    /// Makes another run that is to take the place of the one that is served.
    func make(_ life: Int) async throws -> ServedRun {
        await stepper.pause()
        if stepper.happens(onceIn: 3) { throw DiskFull() }
        note(life) { state in
            var options = rules.options
            options.keptUpdates = []
            state.disk.add(options)
            state.progressSeconds = time.seconds()
        }
        return served(life)
    }
}
