import Federation
import FederationStore
import Foundation
import TestThreads
import Testing

@Suite("Results by class in a store", .holdsItsThread)
struct ClassResultTests {
    private func classes(_ correct: Int) -> ClassResults {
        ClassResults(
            counts: [4, 0], correct: [correct, 0], confusion: [[correct, 4 - correct], [0, 0]])
    }

    private func round(_ number: Int, correct: Int?) -> CommittedRound {
        var round = Sample.round(number)
        round.classes = correct.map(classes)
        if let correct { round.metrics = ["balanced_accuracy": Double(correct) / 4] }
        return round
    }

    @Test("The last test's outlive the process; an untested round leaves them")
    func kept() throws {
        try inTemporaryFolder { path in
            var store = try RunStore(path: path)
            let name = try Sample.begin(store)
            let other = try Sample.begin(store, rounds: 1)
            for (number, correct) in [(1, 1), (2, 3), (3, nil)] {
                try store.commit(
                    round(number, correct: correct), state: Sample.state(number), in: name)
            }
            store.close()
            store = try RunStore(path: path)
            var first = round(1, correct: 1)
            first.classes = nil
            let expected = [first, round(2, correct: 3), round(3, correct: nil)]
            #expect(try store.rounds(of: name) == expected)
            #expect(try store.rounds(of: other) == [Sample.round(1)])
            let log = try store.log(of: name)
            #expect(log.classResults?.confusion == [[3, 1], [0, 0]])
            #expect(log.classResults?.accuracies == [0.75, nil])
            #expect(log.roundMetrics == ["balanced_accuracy": [0.25, 0.75, nil]])
            #expect(try store.log(of: other).classResults == nil)
            store.close()
        }
    }

    @Test("Measures that an earlier version called by words are called as they are now")
    func measuresByWords() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            try store.commit(round(1, correct: 1), state: Sample.state(1), in: name)
            store.close()
            let connection = try SQLiteConnection(path: path)
            try connection.use { db in
                try db.execute(
                    sql: "UPDATE round_metrics SET name = replace(name, '_', ' ')")
            }
            connection.close()
            let reader = try RunStore(path: path, access: .reading)
            #expect(try reader.log(of: name).roundMetrics == ["balanced_accuracy": [0.25]])
            reader.close()
        }
    }

    @Test("A store of the version before has none, read or brought up to date")
    func earlier() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 2)
            store.close()
            let connection = try SQLiteConnection(path: path)
            try connection.use { db in
                try db.execute(
                    sql: """
                        DROP TABLE class_results;
                        DROP TABLE labels; DROP TABLE tags; DROP TABLE wishes;
                        ALTER TABLE client_rounds DROP COLUMN update_norm;
                        ALTER TABLE client_rounds DROP COLUMN update_cosine;
                        DELETE FROM grdb_migrations WHERE identifier > '7';
                        """)
            }
            connection.close()
            let reader = try RunStore(path: path, access: .reading)
            #expect(try reader.rounds(of: name) == (1...2).map(Sample.round))
            reader.close()
            let writer = try RunStore(path: path)
            try writer.commit(round(3, correct: 2), state: Sample.state(3), in: name)
            #expect(try writer.rounds(of: name).map(\.classes) == [nil, nil, classes(2)])
            writer.close()
        }
    }

    @Test(
        "Numbers that are of no classes are damage, which is named",
        arguments: [
            "nothing", #"{"counts":[1],"correct":[2]}"#,
            #"{"counts":[1],"correct":[1],"confusion":[[1,0]]}"#,
        ])
    func damaged(text: String) throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            try store.commit(round(1, correct: 1), state: Sample.state(1), in: name)
            store.close()
            let connection = try SQLiteConnection(path: path)
            try connection.use { db in
                try db.execute(sql: "UPDATE class_results SET results = ?", arguments: [text])
            }
            connection.close()
            let reader = try RunStore(path: path, access: .reading)
            let said = sentence { _ = try reader.rounds(of: name) } ?? ""
            #expect(
                said.contains(
                    "the results by class of run \(name), round 1, are “\(text.prefix(40))”"),
                "\(said)")
            reader.close()
        }
    }
}
