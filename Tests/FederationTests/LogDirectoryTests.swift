import Federation
import Foundation
import Parameters
import Platform
import Synchronization
import TestThreads
import Testing

@Suite(.holdsItsThread) struct LogDirectoryTests {
    private let date = Date(timeIntervalSince1970: 1_700_000_000.9)
    private let log = RunLog(clientNumber: 1, experiment: 1, maxRound: 1)

    @Test func namesAreUTCAndNeverTakenTwice() throws {
        let folder = TemporaryFolder()
        let directory = LogDirectory(folder.url.appendingPathComponent("Logs"))
        try directory.checkWritable()
        let first = try directory.claim(at: date)
        #expect(first.base == "20231114_221320")
        #expect(first.logFile.lastPathComponent == "20231114_221320.json")
        #expect(first.modelFile.lastPathComponent == "20231114_221320.safetensors")
        // Claimed and not written yet; then written; then a model without a log.
        let second = try directory.claim(at: date)
        #expect(second.base == "20231114_221320_2")
        try first.write(log)
        try second.write(log)
        let model = directory.url.appendingPathComponent("20231114_221320_3.safetensors")
        try Data([1]).write(to: model)
        let fourth = try directory.claim(at: date)
        #expect(fourth.base == "20231114_221320_4")
        drop(fourth)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(
            names.sorted() == [
                "20231114_221320.json", "20231114_221320_2.json", "20231114_221320_3.safetensors",
            ])
    }

    private func drop(_ claim: consuming LogClaim) {}

    @Test func threadsAtOnceGetNamesOfTheirOwn() throws {
        let folder = TemporaryFolder()
        let directory = LogDirectory(folder.url)
        let failures = Mutex<[String]>([])
        parallelFor(count: 64, threads: 8) { [date, log] _, index in
            do {
                var own = log
                own.experiment = index
                let claim = try directory.claim(at: date)
                try claim.write(own)
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        let failed = failures.withLock { $0 }
        #expect(failed == [])
        #expect(folder.names.count == 64)
        let experiments = try folder.names.map {
            try RunLog(contentsOf: folder.url.appendingPathComponent($0)).experiment
        }
        #expect(experiments.sorted() == Array(0..<64))
    }

    @Test func anotherFileIsNeverReplaced() throws {
        let folder = TemporaryFolder()
        let claim = try LogDirectory(folder.url).claim(at: date)
        let file = claim.logFile
        try Data("mine".utf8).write(to: file)
        do {
            try claim.write(log)
            Issue.record("the other file is gone")
        } catch {
            #expect(error == .cannotWrite(path: file.path, reason: "File exists"))
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
        #expect(folder.names == ["20231114_221320.json"])
    }

    @Test func aLogThatIsReplacedKeepsItsName() throws {
        let folder = TemporaryFolder()
        let directory = LogDirectory(folder.url)
        let base = "20231114_221320"
        try directory.claim(at: date).write(log)
        var second = log
        second.experiment = 2
        let steps = Mutex<[String]>([])
        var calls = SystemCalls()
        calls.synchronize = { descriptor in
            var status = stat()
            fstat(descriptor, &status)
            steps.withLock { $0.append(status.st_mode & S_IFMT == S_IFDIR ? "folder" : "file") }
            return 0
        }
        calls.rename = { [original = calls.rename] in
            steps.withLock { $0.append("rename") }
            return original($0, $1)
        }
        try SystemCalls.$current.withValue(calls) {
            guard let claim = try directory.claim(replacing: base) else {
                Issue.record("somebody else has the name")
                return
            }
            // While it is claimed nobody else gets the name.
            let isFree = if try directory.claim(replacing: base) != nil { true } else { false }
            #expect(!isFree)
            #expect(try claim.write(second).lastPathComponent == "\(base).json")
        }
        #expect(steps.withLock { $0 } == ["file", "rename", "folder"])
        #expect(folder.names == ["\(base).json"])
        let file = folder.url.appendingPathComponent("\(base).json")
        #expect(try RunLog(contentsOf: file).experiment == 2)
    }

    /// What a process leaves that is killed between giving the log its name and removing the first one.
    @Test func aKilledProcessHoldsNoName() throws {
        let folder = TemporaryFolder()
        let directory = LogDirectory(folder.url)
        let base = "20231114_221320"
        try directory.claim(at: date).write(log)
        let file = folder.url.appendingPathComponent("\(base).json")
        let partial = folder.url.appendingPathComponent(".\(base).json.partial")
        let written = try Data(contentsOf: file)
        #expect(link(file.path, partial.path) == 0)
        try Data("{".utf8).write(to: folder.url.appendingPathComponent(".\(base)_2.json.partial"))
        let next = try directory.claim(at: date)
        #expect(next.base == "\(base)_2")
        #expect(try Data(contentsOf: file) == written)
        try next.write(log)
        #expect(folder.names == ["\(base).json", "\(base)_2.json"])
        #expect(link(file.path, partial.path) == 0)
        let isFree = if try directory.claim(replacing: base) != nil { true } else { false }
        #expect(isFree)
        #expect(try Data(contentsOf: file) == written)
    }

    @Test func aLogThatDoesNotFitLeavesNothing() throws {
        let folder = TemporaryFolder()
        let file = folder.url.appendingPathComponent("20231114_221320.json").path
        var calls = SystemCalls()
        calls.write = { _, _, _ in
            errno = ENOSPC
            return -1
        }
        SystemCalls.$current.withValue(calls) {
            #expect(throws: RunLogError.cannotWrite(path: file, reason: "No space left on device"))
            {
                try LogDirectory(folder.url).claim(at: date).write(log)
            }
        }
        #expect(folder.names == [])
    }

    @Test func folderThatCannotBeWrittenIsNamed() throws {
        let folder = TemporaryFolder()
        try FileManager.default.createDirectory(
            at: folder.url, withIntermediateDirectories: true)
        let file = folder.url.appendingPathComponent("Logs")
        try Data([1]).write(to: file)
        for path in [file, file.appendingPathComponent("deeper")] {
            do {
                try LogDirectory(path).checkWritable()
                Issue.record("\(path.path) passes for a folder")
            } catch {
                #expect("\(error)".hasPrefix("logs cannot be written to the folder \(path.path): "))
            }
        }
    }

    @Test func readingWhatIsNotThereIsAnError() {
        let folder = TemporaryFolder()
        #expect(throws: RunLogError.self) {
            try RunLog(contentsOf: folder.url.appendingPathComponent("none.json"))
        }
    }
}
