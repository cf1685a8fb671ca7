import Federation
import FederationStore
import Foundation
import TestThreads
import Testing

@Suite("What updates measure, in a store", .holdsItsThread)
struct UpdateMeasureTests {
    private func round(_ number: Int) -> CommittedRound {
        var round = Sample.round(number)
        for index in round.record.clients.indices
        where round.record.clients[index].sampleCount != nil {
            round.record.clients[index].updateNorm = 1 / Double(number + index + 1)
            round.record.clients[index].updateCosine = number == 1 ? nil : -0.25
        }
        return round
    }

    @Test("It comes back to the bit, into the log, too")
    func kept() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            defer { store.close() }
            let name = try Sample.begin(store)
            for number in 1...3 {
                try store.commit(round(number), state: Sample.state(number), in: name)
            }
            #expect(try store.rounds(of: name) == (1...3).map(round))
            let log = try store.log(of: name)
            #expect(log.clientUpdateNorms[1] == [1.0 / 3, nil, 1.0 / 5])
            #expect(log.clientUpdateCosines[0] == [nil, -0.25, -0.25])
            #expect(try RunLog(decoding: log.encoded()) == log)
        }
    }

    @Test("The model before the last is known again, of rounds committed at once, too")
    func previous() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            defer { store.close() }
            let one = try Sample.begin(store, rounds: 1)
            #expect(try store.state(of: one)?.previous == nil)
            let name = try Sample.begin(store, rounds: 2)
            #expect(try store.state(of: name)?.previous == Sample.model(1))
            var state = Sample.state(5)
            state.previous = Sample.model(4)
            try store.commit([round(3), round(4), round(5)], state: state, in: name)
            let known = try #require(try store.state(of: name))
            #expect(known.model == Sample.model(5))
            #expect(known.previous == Sample.model(4))
        }
    }

    @Test("A store of the version before has none, read or brought up to date")
    func earlier() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            try store.commit(round(1), state: Sample.state(1), in: name)
            store.close()
            let connection = try SQLiteConnection(path: path)
            try connection.use { db in
                try db.execute(
                    sql: """
                        ALTER TABLE client_rounds DROP COLUMN update_norm;
                        ALTER TABLE client_rounds DROP COLUMN update_cosine;
                        DELETE FROM grdb_migrations WHERE identifier = '9 what updates measure';
                        """)
            }
            connection.close()
            for access in [RunStore.Access.reading, .writing] {
                let store = try RunStore(path: path, access: access)
                #expect(try store.rounds(of: name) == [Sample.round(1)])
                if access == .writing {
                    try store.commit(round(2), state: Sample.state(2), in: name)
                    #expect(try store.rounds(of: name) == [Sample.round(1), round(2)])
                }
                store.close()
            }
        }
    }
}
