import Foundation
import Glibc
import Synchronization

/// A small HTTP server on loopback that serves from memory, well or badly; a thread a connection.
final class LoopbackServer: Sendable {
    enum Answer: Sendable {
        case body([UInt8])
        case status(Int)
        /// Announces all of the bytes and closes after half of them.
        case halfOf([UInt8])
        /// Says nothing until the server is stopped.
        case hang
        /// Sends bytes without having announced how many.
        case endless(Int)
    }

    private struct State {
        var requests: [String] = []
        var hanging: [Int32] = []
    }

    let port: Int
    private let listener: Int32
    private let answers: [String: Answer]
    private let state = Mutex(State())

    /// Serves `answers` by path; other paths get 404.
    init(_ answers: [String: Answer]) throws {
        self.answers = answers
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit { stop() }

    /// Closes the port and lets go of clients that were kept waiting.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        state.withLock { state in
            for connection in state.hanging { close(connection) }
            state.hanging = []
        }
    }

    /// The paths asked for so far.
    var requests: [String] { state.withLock(\.requests) }

    /// The address of a folder on this server.
    func url(_ directory: String) throws -> URL {
        guard let url = URL(string: "http://127.0.0.1:\(port)/\(directory)") else {
            throw POSIXError(.EINVAL)
        }
        return url
    }

    private func serve(_ connection: Int32) {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while request.suffix(4) != [13, 10, 13, 10] {
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 {
                close(connection)
                return
            }
            request += buffer.prefix(count)
        }
        let words = String(decoding: request, as: UTF8.self).split(separator: " ")
        let path = words.count > 1 ? String(words[1]) : ""
        state.withLock { $0.requests.append(path) }
        switch answers[path] ?? .status(404) {
        case .body(let bytes): answer(connection, "200 OK", length: bytes.count, bytes)
        case .status(let code): answer(connection, "\(code) No", length: 2, [78, 111])
        case .halfOf(let bytes):
            answer(connection, "200 OK", length: bytes.count, Array(bytes.prefix(bytes.count / 2)))
        case .endless(let count):
            answer(connection, "200 OK", length: nil, [UInt8](repeating: 0, count: count))
        case .hang:
            state.withLock { $0.hanging.append(connection) }
            return
        }
        close(connection)
    }

    private func answer(_ connection: Int32, _ status: String, length: Int?, _ body: [UInt8]) {
        let announced = length.map { "Content-Length: \($0)\r\n" } ?? ""
        let bytes = Array("HTTP/1.1 \(status)\r\n\(announced)Connection: close\r\n\r\n".utf8) + body
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(
                    connection, $0.baseAddress! + sent, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }
}
