import Foundation
import Synchronization
import TestSupport
import Testing

/// The real coordinator, with time handed in and no socket, under random interleavings of joins, losses,
/// duplicates, wrong rounds, failures, deadlines, refused and slow folds, commits that fail or are slow,
/// clients of both APIs, kept updates, replacements and stops.
///
/// One that fails is run alone with `FEDERATED_SIMULATION_SEED=…`; `FEDERATED_SIMULATIONS=10000` says how
/// many are run.
@Suite("The coordinator under random interleavings")
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let chunk = 500

    /// The first seeds of each lot.
    private static var lots: [UInt64] {
        if environment["FEDERATED_SIMULATION_SEED"] != nil { return [] }
        let count = environment["FEDERATED_SIMULATIONS"].flatMap { UInt64($0) } ?? 1000
        return Array(stride(from: 1, through: max(count, 1), by: chunk))
    }

    @Test(
        """
        Every acknowledged update is in a record, records are 1, 2, 3 …, models are their records', \
        and every round closes
        """, arguments: lots)
    func holds(first: UInt64) async throws {
        let failures = try await onThread {
            (first..<first + UInt64(Self.chunk)).compactMap { seed in
                let problems = Simulation(seed: seed).run()
                return problems.isEmpty ? nil : (seed, problems)
            }
        }
        for (seed, problems) in failures.prefix(5) {
            Issue.record("seed \(seed): \(problems.joined(separator: "; "))")
        }
        #expect(failures.isEmpty, "seeds \(failures.map(\.0))")
    }

    @Test(
        "One seed alone, with all that happened",
        .enabled(if: environment["FEDERATED_SIMULATION_SEED"] != nil))
    func alone() async throws {
        let text = try #require(Self.environment["FEDERATED_SIMULATION_SEED"])
        let seed = try #require(UInt64(text))
        let (problems, events) = try await onThread {
            let simulation = Simulation(seed: seed)
            return (simulation.run(), simulation.state.withLock { $0.events })
        }
        #expect(problems.isEmpty, "\(problems)\n\(events.joined(separator: "\n"))")
    }

    @Test("The same seed does the same, and seeds reach both ends of a run")
    func deterministic() async throws {
        let ends = try await onThread {
            (UInt64(1)...100).map { seed in
                let events = (0..<2).map { _ in
                    let simulation = Simulation(seed: seed)
                    _ = simulation.run()
                    return simulation.state.withLock { $0.events }
                }
                return (seed, isSame: events[0] == events[1], last: events[0])
            }
        }
        for (seed, isSame, _) in ends { #expect(isSame, "seed \(seed)") }
        let texts = ends.map { $0.last.joined(separator: "\n") }
        #expect(texts.contains { $0.contains("the run is over: completed") })
        #expect(texts.contains { $0.contains("the run is over: failed") })
        #expect(texts.contains { $0.contains("it stays open") })
        #expect(texts.contains { $0.contains("is gone in round") })
    }
}
