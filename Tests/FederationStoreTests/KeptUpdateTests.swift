import Federation
import FederationStore
import Foundation
import Parameters
import TestThreads
import Testing

@Suite("Updates that are kept until their round is committed", .holdsItsThread)
struct KeptUpdateTests {
    private func update(_ client: Int, round: Int, _ value: Float = 0.1) -> ModelUpdate {
        ModelUpdate(
            client: client, round: round, sampleCount: 10 * client,
            parameters: ParameterVector([Float](repeating: value / 3, count: 16)))
    }

    @Test("They are read by the next process, the last of each client, and go with the commit")
    func lifetime() throws {
        try inTemporaryFolder { path in
            var store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 1)
            let other = try Sample.begin(store, rounds: 1)
            try store.keep(update(3, round: 2), in: name)
            try store.keep(update(2, round: 2, 5), in: name)
            try store.keep(update(2, round: 2), in: name)
            try store.keep(update(1, round: 2), in: other)
            store.close()
            store = try RunStore(path: path)
            let kept = try store.keptUpdates(of: name)
            #expect(kept == [update(2, round: 2), update(3, round: 2)])
            try store.commit(Sample.round(2), state: Sample.state(2), in: name)
            #expect(try store.keptUpdates(of: name) == [])
            // Those of another run stay, and one that came too late for its round is none.
            #expect(try store.keptUpdates(of: other) == [update(1, round: 2)])
            try store.keep(update(1, round: 2), in: name)
            #expect(try store.keptUpdates(of: name) == [])
            store.close()
        }
    }
}
