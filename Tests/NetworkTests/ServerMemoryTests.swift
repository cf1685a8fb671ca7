import Foundation
import TestSupport
import TestThreads
import Testing

/// A process of its own, since other tests of this one take memory meanwhile.
@Suite("What a server's process holds", .holdsItsThread)
struct ServerMemoryTests {
    @Test("32 MB of garbage cost one bounded buffer and change nothing")
    func garbage() throws {
        try Command.inTemporaryFolder { folder in
            // The reference model, whose lists of numbers may be that long.
            let server = try Running(
                [
                    "serve", "--port", "0", "--quiet", "--dataset", "digits", "--clients", "1",
                    "--samples", "10", "--log-dir", folder.path,
                ])
            defer { server.kill() }
            let address = try #require(URL(string: try server.address()))
            let port = try #require(address.port)
            func ask(_ method: String, _ path: String, _ body: [UInt8]? = nil) throws
                -> RawSocket.Answer
            {
                try RawSocket(port: port).exchange(method, path, body: body)
            }
            func residentBytes() throws -> Double {
                let name = "process_resident_memory_bytes "
                let lines = try ask("GET", "/metrics").text.split(separator: "\n")
                let line = try #require(lines.first { $0.hasPrefix(name) })
                return try #require(Double(line.dropFirst(name.count)))
            }
            #expect(try ask("GET", "/update_num_data/0/10").status == 200)
            #expect(try ask("PUT", "/put_weight/0", Array("[1]".utf8)).code == "wrong_shape")
            let before = try residentBytes()
            let size = 32 << 20
            for round in 0..<4 {
                var random = SystemRandomNumberGenerator()
                let block = (0..<(1 << 17)).flatMap { _ in
                    withUnsafeBytes(of: random.next()) { Array($0) }
                }
                let start = Array((round % 2 == 0 ? "[[" : "").utf8)
                let socket = try RawSocket(port: port)
                socket.send(
                    "PUT /put_weight/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(size)\r\n\r\n"
                )
                socket.send(start)
                for _ in 0..<31 { socket.send(block) }
                socket.send(Array(block.dropLast(start.count)))
                let answer = try socket.answer()
                #expect(answer.status == 400)
                #expect(["malformed_json", "wrong_shape"].contains(answer.code))
            }
            let growth = try residentBytes() - before
            // 1,199,882 parameters of at most 32 bytes each.
            #expect(growth < 2 * 38_400_000, "memory grew by \(growth / 1e6) MB")
            let state = try ask("GET", "/state")
            #expect((state.json("rounds") as? [Any])?.isEmpty == true)
        }
    }
}
