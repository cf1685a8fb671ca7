import Federation
import Parameters
import TestThreads
import Testing

@Suite("The run machine", .holdsItsThread)
struct RunMachineTests {
    private func plan(
        _ strategy: Strategy = .fedAvg, rounds: Int = 3, clients: Int = 3, ahead: Bool = true,
        evaluates: Bool = true, participation: Participation = Participation(), cohort: Int? = nil
    ) -> RunPlan {
        RunPlan(
            rules: RoundEngine.Configuration(
                population: clients, rounds: rounds, evaluatesClients: evaluates, seed: 5,
                cohortSize: cohort, participation: participation),
            strategy: strategy, layout: MachineDriver.layout, seed: 5, opensBeforeCommit: ahead)
    }

    @Test(
        "Whatever is done first, records, states and models are the same", arguments: everyStrategy)
    func order(strategy: Strategy) throws {
        for (clients, cohort, participation) in [
            (4, nil, Participation()),
            (9, 4, Participation(availability: 0.8, dropoutBefore: 0.2, dropoutAfter: 0.2)),
        ] {
            for ahead in [true, false] {
                let plan = plan(
                    strategy, rounds: 4, clients: clients, ahead: ahead,
                    participation: participation, cohort: cohort)
                var first = MachineDriver(plan, seed: 0)
                let endedExpected = first.run()
                let expected = try #require(endedExpected)
                #expect(expected.outcome == .completed)
                for seed in 1...12 as ClosedRange<UInt64> {
                    var other = MachineDriver(plan, seed: seed)
                    let endedFound = other.run()
                    let found = try #require(endedFound, "seed \(seed)")
                    #expect(found.model == expected.model, "seed \(seed)")
                    #expect(found.rounds.map(\.record) == expected.rounds.map(\.record))
                    #expect(found.rounds.map(\.classCounts) == expected.rounds.map(\.classCounts))
                    #expect(other.commits.map(\.state) == first.commits.map(\.state))
                    for round in found.rounds {
                        #expect(round.trainingSeconds >= Double(round.classCounts.count))
                        #expect(
                            round.evaluationSeconds == Double(2 * (round.classCounts.count + 1)))
                    }
                }
            }
        }
    }

    @Test("Broken off after any round and gone on with: the same", arguments: everyStrategy)
    func resumed(strategy: Strategy) throws {
        let plan = plan(strategy, rounds: 4, clients: 6, cohort: 3)
        var whole = MachineDriver(plan, seed: 1)
        let endedExpected = whole.run()
        let expected = try #require(endedExpected)
        for last in 1...3 {
            var part = MachineDriver(plan, seed: 2)
            part.failingCommits = [last + 1]
            let endedBroken = part.run()
            let broken = try #require(endedBroken)
            #expect(broken.outcome == .interrupted)
            #expect(broken.commitError is DiskFull)
            #expect(broken.rounds.count == last)
            #expect(broken.model == whole.commits[last - 1].state.model)
            var again = MachineDriver(
                plan, seed: 3, resuming: part.commits.map(\.round), state: part.commits.last?.state)
            let endedFound = again.run()
            let found = try #require(endedFound)
            #expect(found.model == expected.model)
            #expect(found.rounds.map(\.record) == expected.rounds.map(\.record))
            #expect(again.commits.map(\.state) == Array(whole.commits.map(\.state).dropFirst(last)))
        }
    }

    /// Up to the commit of round 1.
    private func untilCommit(_ driver: inout MachineDriver) {
        driver.handle(.begin)
        while !driver.pending.contains("commit 1") { driver.step() }
    }

    @Test("The next round begins while one is made permanent, where all is lost with the process")
    func ahead() {
        var driver = MachineDriver(plan(evaluates: false), seed: 1)
        untilCommit(&driver)
        #expect(
            Set(driver.pending) == ["commit 1", "train 0 in 2", "train 1 in 2", "train 2 in 2"])
        // All of round 2 but its own commit, which waits for the first.
        while driver.pending != ["commit 1"] {
            guard let next = driver.pending.first(where: { $0 != "commit 1" }) else { break }
            driver.answer(next)
        }
        #expect(driver.machine.committed.isEmpty)
        driver.answer("commit 1")
        #expect(driver.machine.committed.count == 1)
        #expect(driver.pending.contains("commit 2"))
    }

    @Test("Elsewhere nobody hears of the next round before the last is permanent")
    func behind() {
        var driver = MachineDriver(plan(ahead: false), seed: 1)
        untilCommit(&driver)
        #expect(driver.pending == ["commit 1"])
        #expect(driver.machine.openRound == nil)
        // Whoever reports too early is told so, and nothing comes of it.
        let early = Contribution(
            client: 0, round: 2, sampleCount: 1, weight: 1,
            value: .model(ParameterVector([1, 1, 1, 1, 1])))
        driver.handle(.trained(TrainedUpdate(early)))
        #expect(driver.log.last == "settled 0 in 2: rejected(no round is open)")
        driver.answer("commit 1")
        #expect(driver.machine.openRound == 2)
    }

    @Test(
        "A round that can't be made permanent ends the run after the last that is",
        arguments: [true, false])
    func notCommitted(ahead: Bool) throws {
        for failing in 1...3 {
            var driver = MachineDriver(plan(rounds: 3, ahead: ahead), seed: UInt64(failing))
            driver.failingCommits = [failing]
            let endedResult = driver.run()
            let result = try #require(endedResult)
            #expect(result.outcome == .interrupted)
            #expect(result.commitError is DiskFull)
            #expect(result.rounds.count == failing - 1)
            #expect(driver.pending.isEmpty)
        }
    }

    @Test("A run that is stopped at any moment ends with the rounds that are permanent")
    func stopped() throws {
        for seed in 0..<60 as Range<UInt64> {
            var driver = MachineDriver(plan(rounds: 2), seed: seed)
            driver.handle(.begin)
            for _ in 0..<seed where driver.machine.result == nil { driver.step() }
            let isOver = driver.machine.result != nil
            driver.handle(.stop)
            // What is under way still comes back.
            while driver.machine.result == nil, !driver.pending.isEmpty { driver.step() }
            let result = try #require(driver.machine.result, "seed \(seed)")
            #expect(isOver || result.outcome == .interrupted || result.rounds.count == 2)
            #expect(result.rounds.count == driver.commits.count)
            #expect(result.model == driver.commits.last?.state.model ?? result.model)
        }
    }

    /// Takes all updates, and makes nothing of them.
    private struct Unwilling: Aggregator, Fold {
        var count = 0
        var memory: AggregatorMemory { .constant }
        var description: String { "unwilling" }
        func makeFold(_ layout: ParameterLayout) -> any Fold { self }
        func check(_ contribution: Contribution) throws(AggregationError) {
            if contribution.client == 1 { throw .refused(reason: "client 1 is not welcome") }
        }
        mutating func add(_ contributions: [Contribution], threads: Int) throws(AggregationError) {
            for contribution in contributions { try check(contribution) }
            count += contributions.count
        }
        mutating func finish(threads: Int) throws(AggregationError) -> Aggregate {
            throw .refused(reason: "two updates say nothing")
        }
    }

    @Test("A part of the strategy that will not close a round ends the run as failed")
    func unwilling() throws {
        let strategy = Strategy("Unwilling", aggregator: Unwilling())
        var two = MachineDriver(plan(strategy, clients: 1), seed: 1)
        let endedResult = two.run()
        let result = try #require(endedResult)
        #expect("\(result.outcome)" == "failed: round 1: two updates say nothing")
        #expect(result.rounds.isEmpty)
        // One that refuses an update refuses its client.
        var three = MachineDriver(plan(strategy, clients: 3), seed: 1)
        let endedRefused = three.run()
        let refused = try #require(endedRefused)
        #expect(
            "\(refused.outcome)" == "diverged: client 1 in round 1: client 1 is not welcome")
    }
}
