import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("What programs link", .holdsItsThread)
struct LinkTests {
    @Test("A program that only joins or aggregates has no OpenBLAS in it, and runs")
    func withoutBLAS() throws {
        let program = Command.program.deletingLastPathComponent().appending(path: "WithoutBLAS")
        let bytes = try Data(contentsOf: program)
        #expect(bytes.range(of: Data("libopenblas".utf8)) == nil)
        // The search finds it where it is.
        let whole = try Data(contentsOf: Command.program)
        #expect(whole.range(of: Data("libopenblas".utf8)) != nil)
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(text == "[0.75, 4.0] http://127.0.0.1:9103 application/octet-stream\n")
    }
}
