import Foundation
import Platform
import Synchronization
import TensorBoard
import Testing

@Suite("Event files of runs")
struct TensorBoardRunTests {
    private func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "events-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    private let began = Date(timeIntervalSince1970: 1000)
    private var about: RunDescription {
        RunDescription(
            name: "one", facts: [("clients", "3"), ("a|b", "c\nd")],
            settings: ["rounds": .number(3), "strategy": .text("FedAvg"), "fixed": .flag(true)],
            started: began)
    }

    @Test("Rounds, settings and the end stand in a file that grows with each round")
    func whole() throws {
        try inFolder { root in
            let time = Mutex(2000.0)
            let run = try TensorBoardRun(about, in: root.appending(path: "new/folder").path) {
                Date(timeIntervalSince1970: time.withLock { $0 })
            }
            #expect(run.folder.hasSuffix("new/folder/one"))
            for (index, round) in Rounds.scalars(1...3).enumerated() {
                time.withLock { $0 += 10 }
                try run.note(round)
                try run.note(round)
                let written = try WrittenEvents(folder: run.folder)
                #expect(written.scalars.count == index + 1)
                let expected = Dictionary(
                    uniqueKeysWithValues: round.values.map { ($0.tag, $0.value) })
                #expect(written.scalars[index + 1] == expected)
                #expect(written.times[index + 1] == 2010 + 10 * Double(index))
            }
            try run.end(well: true)
            let written = try WrittenEvents(folder: run.folder)
            #expect(written.files.count == 1)
            #expect(written.files[0].hasPrefix("events.out.tfevents.2000."))
            #expect(
                written.texts["settings"]
                    == "| | |\n|---|---|\n| clients | 3 |\n| a\\|b | c d |")
            let start = try #require(written.sessions["_hparams_/session_start_info"]?.start)
            #expect(start.settings["rounds"]?.number == 3)
            #expect(start.settings["strategy"]?.text == "FedAvg")
            #expect(start.settings["fixed"]?.flag == true)
            #expect(start.started == 1000)
            #expect(written.sessions["_hparams_/session_end_info"]?.end.status == .success)
        }
    }

    @Test("Runs of one name have a folder each")
    func names() throws {
        try inFolder { root in
            let runs = try (0..<3).map { _ in try TensorBoardRun(about, in: root.path) }
            let names = runs.map { URL(fileURLWithPath: $0.folder).lastPathComponent }
            #expect(names == ["one", "one_2", "one_3"])
            try runs[1].note(Rounds.scalars(1...1)[0])
            #expect(try WrittenEvents(folder: runs[0].folder).scalars.isEmpty)
            var other = about
            for (typed, made) in [("a/b", "a-b"), ("..", "run.."), ("", "run")] {
                other.name = typed
                let folder = try TensorBoardRun(other, in: root.path).folder
                #expect(URL(fileURLWithPath: folder).lastPathComponent == made)
            }
            other.name = String(repeating: "ä", count: 300)
            _ = try TensorBoardRun(other, in: root.path)
        }
    }

    @Test("A run goes on in a file of its own, repeats no step, and adds what is missing")
    func resumed() throws {
        try inFolder { root in
            let first = try TensorBoardRun(about, in: root.path)
            let rounds = Rounds.scalars(1...6)
            for round in rounds[..<2] { try first.note(round) }
            // It was killed while it wrote the third.
            let name = try #require(WrittenEvents(folder: first.folder).files.first)
            let file = URL(fileURLWithPath: first.folder).appending(path: name)
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(RecordFraming.framed([1, 2, 3]).dropLast()))
            try handle.close()
            let left = try Data(contentsOf: file)
            // The store has four rounds.
            let second = try TensorBoardRun(about, after: Array(rounds[..<4]), in: root.path)
            #expect(second.folder == first.folder)
            for round in rounds[3...] { try second.note(round) }
            let written = try WrittenEvents(folder: second.folder)
            #expect(written.scalars.keys.sorted() == Array(1...6))
            #expect(written.files.count == 2)
            #expect(written.files[0] == name)
            #expect(try Data(contentsOf: file) == left)
            let other = try #require(written.files.last)
            let bytes = try Data(
                contentsOf: URL(fileURLWithPath: second.folder).appending(path: other))
            // Version and rounds: settings and session are there.
            #expect(RecordFraming.records(of: [UInt8](bytes)).count == 1 + 4)
            let third = try TensorBoardRun(about, after: rounds, in: root.path)
            #expect(third.roundCount == 6)
            #expect(try WrittenEvents(folder: second.folder).files == written.files)
        }
    }

    @Test("Another run's folder is not gone on with")
    func others() throws {
        try inFolder { root in
            let first = try TensorBoardRun(about, in: root.path)
            var round = Rounds.plain(1)
            round.record.global?.accuracy = 0.5
            try first.note(RoundScalars(round))
            let other = try TensorBoardRun(about, after: Rounds.scalars(1...2), in: root.path)
            #expect(other.folder == first.folder + "_2")
            // The time that a round took is not the same in every life.
            round.seconds = 99
            let same = try TensorBoardRun(about, after: [RoundScalars(round)], in: root.path)
            #expect(same.folder == first.folder)
        }
    }

    @Test("A round's time is when the run began and what rounds took")
    func times() throws {
        try inFolder { root in
            let run = try TensorBoardRun(about, after: Rounds.scalars(1...2), in: root.path)
            #expect(try WrittenEvents(folder: run.folder).times == [1: 1001.5, 2: 1003])
        }
    }

    @Test("A folder that cannot be is refused in a sentence")
    func badFolder() throws {
        try inFolder { root in
            let file = root.appending(path: "file").path
            try Data().write(to: URL(fileURLWithPath: file))
            for (path, reason) in [
                (file, "Not a directory"), (file + "/below", "Not a directory"),
                ("/proc/none", "No such file or directory"),
            ] {
                let error = TensorBoardError.folder(path: path, reason: reason)
                #expect(throws: error) { try TensorBoardRun.checkWritable(path) }
                #expect(throws: error) { try TensorBoardRun(about, in: path) }
                #expect(
                    "\(error)" == "no event files can be written to \(path): \(reason)")
            }
            try TensorBoardRun.checkWritable(root.path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: root.path) == ["file"])
        }
    }

    @Test("A disk that is full leaves whole records")
    func fullDisk() throws {
        try inFolder { root in
            let run = try TensorBoardRun(about, in: root.path)
            let rounds = Rounds.scalars(1...3)
            try run.note(rounds[0])
            var calls = SystemCalls()
            let plain = calls.write
            let isFull = Mutex(false)
            calls.write = { descriptor, bytes, count in
                let wasFull = isFull.withLock { full in
                    defer { full = true }
                    return full
                }
                if !wasFull { return plain(descriptor, bytes, count / 2) }
                errno = ENOSPC
                return -1
            }
            let name = try #require(WrittenEvents(folder: run.folder).files.first)
            let path = URL(fileURLWithPath: run.folder).appending(path: name).relativePath
            SystemCalls.$current.withValue(calls) {
                let error = TensorBoardError.file(path: path, reason: "No space left on device")
                #expect(throws: error) { try run.note(rounds[1]) }
                #expect(
                    "\(error)"
                        == "the event file \(path) cannot be written: No space left on device")
            }
            try run.note(rounds[2])
            #expect(try WrittenEvents(folder: run.folder).scalars.keys.sorted() == [1, 3])
            try run.note(rounds[1])
            #expect(try WrittenEvents(folder: run.folder).scalars.count == 3)
            // A file that cannot be begun is not left behind.
            SystemCalls.$current.withValue(calls) {
                #expect(throws: TensorBoardError.self) { try TensorBoardRun(about, in: root.path) }
            }
            #expect(try WrittenEvents(folder: run.folder + "_2").files == [])
        }
    }
}
