import Federation
import FederationStore
import Foundation
import Parameters
import TestThreads
import Testing

@Suite("Runs in a store", .holdsItsThread)
struct RunStoreTests {
    @Test("What was written is read again, by this process and after reopening")
    func roundTrip() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 3)
            #expect(name == "20231114_221320")
            let check = { (store: RunStore, outcome: String) throws in
                let run = try store.run(name)
                #expect(run.kind == "run" && !run.isFinished && run.logFile == nil)
                #expect(run.header == Sample.header)
                #expect(run.source == ["dataset": "digits"])
                #expect(run.layout == Sample.layout)
                #expect(run.roundCount == 3)
                #expect(run.lastAccuracy == 0.2 * 3)
                #expect(run.outcome == outcome)
                #expect(try store.rounds(of: name) == (1...3).map(Sample.round))
                #expect(try store.clients(of: name) == [0: 10, 1: 20, 2: 30])
                let model = try store.model(of: name)
                #expect(model == StoredModel(round: 3, parameters: Sample.model(3)))
            }
            try check(store, "running")
            store.close()
            #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
            let reader = try RunStore(path: path, access: .reading)
            try check(reader, "unfinished")
            reader.close()
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["runs.sqlite"])
        }
    }

    @Test("A round without numbers that are finite keeps its place")
    func notFinite() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            var round = Sample.round(1)
            round.record.clients[0].evaluation?.loss = .nan
            try store.commit(round, state: Sample.state(1), in: name)
            let found = try store.rounds(of: name)
            #expect(found[0].record.clients[0].evaluation?.loss.isNaN == true)
            #expect(found[0].record.clients[0].evaluation?.accuracy == 0.1)
        }
    }

    @Test("Names are the time, and numbered where two runs began in one second")
    func names() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let names = try (0..<3).map { _ in try Sample.begin(store) }
            #expect(names == ["20231114_221320", "20231114_221320_2", "20231114_221320_3"])
            #expect(try store.runs().map(\.name) == names)
        }
    }

    @Test("The last three models are kept, each by its bits")
    func models() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            #expect(try store.model(of: name) == nil)
            let other = try Sample.begin(store, rounds: 1)
            for number in 1...5 {
                var round = Sample.round(1)
                round.record.round = number
                try store.commit(round, state: Sample.state(number), in: name)
            }
            for number in 3...5 {
                let model = try store.model(of: name, round: number)
                #expect(model?.parameters == Sample.model(number))
            }
            #expect(
                sentence { _ = try store.model(of: name, round: 2) }
                    == "no model of round 2 of run \(name) is kept, but of 3, 4, 5")
            #expect(try store.model(of: other)?.parameters == Sample.model(1))
        }
    }

    @Test("The last unfinished run of a kind: killed or interrupted, not one that has ended")
    func unfinished() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            #expect(try store.lastUnfinishedRun(kind: "run") == nil)
            let names = try (0..<3).map { _ in try Sample.begin(store) }
            try Sample.begin(store, kind: "serve")
            #expect(try store.lastUnfinishedRun(kind: "run")?.name == names[2])
            var log = Sample.header
            log.outcome = "completed"
            log.append(Sample.round(1))
            try store.end(names[2], header: log, isFinished: true, logFile: "Logs/a.json")
            log.outcome = "interrupted"
            try store.end(names[1], header: log, isFinished: false, logFile: "Logs/b.json")
            #expect(try store.lastUnfinishedRun(kind: "run")?.name == names[1])
            #expect(
                try store.runs().map(\.outcome)
                    == ["running", "interrupted", "completed", "running"])
            let ended = try store.run(names[2])
            #expect(ended.logFile == "Logs/a.json" && ended.isFinished)
            // Series stay out of the header: rounds are in their own table.
            #expect(ended.header.serverAccuracies == [])
        }
    }

    @Test("The log of a run is the log that its maker writes, byte for byte")
    func log() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 3)
            var log = Sample.header
            for number in 1...3 { log.append(Sample.round(number)) }
            log.outcome = "completed"
            log.timings.totalSeconds = 17.25
            log.timings.trainingSeconds = 1.5
            log.finalWeight = .nested(Sample.model(3), layout: Sample.layout)
            try store.end(name, header: log, isFinished: true, logFile: nil)
            #expect(try store.log(of: name).encoded() == log.encoded())
            log.finalWeight = .none
            #expect(try store.log(of: name, withModel: false) == log)

            let going = try Sample.begin(store, rounds: 2)
            let soFar = try store.log(of: going)
            // This process is in it still.
            #expect(soFar.outcome == "running")
            #expect(soFar.timings.trainingSeconds == 0.6)
            #expect(soFar.serverAccuracies == [0.2, 0.4])
        }
    }

    @Test("Samples of a client that says them again")
    func registration() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            try store.register(client: 1, samples: 77, in: name)
            try store.register(client: 9, samples: 1, in: name)
            #expect(try store.clients(of: name) == [0: 10, 1: 77, 2: 30, 9: 1])
        }
    }

    @Test("A run is running while the process that writes to it has the store")
    func running() throws {
        try inTemporaryFolder { path in
            func outcomes() throws -> [String] {
                let reader = try RunStore(path: path, access: .reading)
                defer { reader.close() }
                return try reader.runs().map(\.outcome)
            }
            var store = try RunStore(path: path)
            let first = try Sample.begin(store)
            #expect(try outcomes() == ["running"])
            let second = try Sample.begin(store)
            #expect(try outcomes() == ["running", "running"])
            var log = Sample.header
            log.outcome = "completed"
            try store.end(second, header: log, isFinished: true, logFile: nil)
            #expect(try outcomes() == ["running", "completed"])
            // Not the newest one: whichever is resumed.
            try store.end(first, header: Sample.header, isFinished: false, logFile: nil)
            #expect(try outcomes() == ["running", "completed"])
            store.close()
            #expect(try outcomes() == ["unfinished", "completed"])
            // A killed process leaves the file, and nothing that holds it.
            try "4711\n\(first)\n".write(
                toFile: "\(path)-\(first)-lock", atomically: true, encoding: .utf8)
            #expect(try outcomes() == ["unfinished", "completed"])
            // Whoever looks holds up nobody who begins.
            for _ in 0..<50 {
                _ = try outcomes()
                store = try RunStore(path: path)
                store.close()
            }
        }
    }

    @Test("Drops are kept with their round, and are in the log again")
    func drops() throws {
        try inTemporaryFolder { path in
            let seen = [
                ClientDrop(
                    at: Date(timeIntervalSince1970: 1_700_000_000.125), client: 1, round: 2,
                    reason: "no heartbeat for 3 s"),
                ClientDrop(at: nil, client: 0, round: 2, reason: "it has “left”, …\n"),
            ]
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 1)
            var round = Sample.round(2)
            round.observedDrops = seen
            try store.commit(round, state: Sample.state(2), in: name)
            let other = try Sample.begin(store, rounds: 3)
            #expect(try store.rounds(of: name).map(\.observedDrops) == [[], seen])
            // The record has client 1's failure, too: that is one drop, not two.
            #expect(try store.log(of: name).drops == seen)
            #expect(try RunLog(decoding: store.log(of: name).encoded()).drops == seen)
            // Where nobody saw it, the record alone tells.
            #expect(
                try store.log(of: other).drops
                    == [ClientDrop(client: 1, round: 2, reason: "no heartbeat for 3 s")])
            #expect(try store.log(of: try Sample.begin(store)).drops == [])
        }
    }

    @Test("Another process may read while one writes, and sees whole rounds")
    func readingMeanwhile() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store, rounds: 1)
            let reader = try RunStore(path: path, access: .reading)
            #expect(try reader.run(name).roundCount == 1)
            try store.commit(Sample.round(2), state: Sample.state(2), in: name)
            #expect(try reader.run(name).roundCount == 2)
            #expect(try reader.model(of: name)?.parameters == Sample.model(2))
            #expect(
                sentence { try reader.register(client: 1, samples: 1, in: name) }
                    == "the store \(path) cannot be written: it was opened for reading")
        }
    }

    @Test("A commit of the reference model takes a fraction of a second")
    func commitTime() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let name = try Sample.begin(store)
            var random = RandomStream(RandomKey(seed: 1, purpose: .benchmark))
            let model = ParameterVector(
                (0..<1_199_882).map { _ in Float(random.nextUniform(-1, 1)) })
            for number in 1...12 {
                var round = Sample.round(1)
                round.record.round = number
                try store.commit(round, state: FederationState(model: model), in: name)
            }
            #expect(try store.model(of: name)?.parameters == model)
        }
    }

    @Test("Write-ahead log, and every commit on the disk before it is acknowledged")
    func pragmas() throws {
        try inTemporaryFolder { path in
            let store = try RunStore(path: path)
            let (synchronous, foreignKeys) = try store.read { db in
                (
                    try db.value(Int.self, sql: "PRAGMA synchronous"),
                    try db.value(Int.self, sql: "PRAGMA foreign_keys")
                )
            }
            // Asking for it might change it, which a reader must not.
            let journal = try SQLiteConnection(path: path).use {
                try $0.value(String.self, sql: "PRAGMA journal_mode")
            }
            #expect(journal == "wal")
            #expect(synchronous == 2)
            #expect(foreignKeys == 1)
        }
    }
}
