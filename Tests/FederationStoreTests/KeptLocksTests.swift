import FederationStore
import Foundation
import TestThreads
import Testing

/// The system gives back all of a process's locks on a file when any descriptor of it is closed, and then
/// another process may take SQLite's other files away from under a connection.
@Suite("Locks of a process that has a store open twice", .holdsItsThread)
struct KeptLocksTests {
    /// How many locks this process has on a file, as the system lists them.
    private func locks(on path: String) throws -> Int {
        var status = stat()
        try #require(stat(path, &status) == 0)
        let list = try String(contentsOfFile: "/proc/locks", encoding: .utf8)
        return list.split(separator: "\n").count { line in
            let words = line.split(separator: " ")
            return words.contains("POSIX") && words.contains("\(getpid())")
                && words.contains { $0.hasSuffix(":\(status.st_ino)") }
        }
    }

    @Test("Whoever writes to it, or looks at it again, leaves those of the others")
    func kept() throws {
        try inTemporaryFolder { path in
            let first = try RunStore(path: path)
            _ = try Sample.begin(first)
            first.close()
            let reader = try RunStore(path: path, access: .reading)
            _ = try reader.runs()
            let held = try locks(on: path)
            #expect(held > 0)
            let writer = try RunStore(path: path)
            _ = try Sample.begin(writer)
            writer.close()
            #expect(try locks(on: path) == held)
            let other = try RunStore(path: path, access: .reading)
            #expect(try other.runs().count == 2)
            other.close()
            #expect(try locks(on: path) == held)
            #expect(try reader.runs().count == 2)
            reader.close()
        }
    }
}
