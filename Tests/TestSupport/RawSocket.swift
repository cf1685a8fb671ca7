import Foundation
import Glibc

/// A TCP connection to a server on loopback, for saying exactly what a test wants said.
///
/// Every call blocks, so callers go through `onThread`, which keeps it off Swift's cooperative pool.
package final class RawSocket: @unchecked Sendable {
    /// What an HTTP server answered.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: [String: String]
        package var body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }

        /// A member of the body, which is a JSON object.
        package func json(_ key: String) -> Any? {
            let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            return object?[key]
        }

        package var code: String? { json("code") as? String }
        package var message: String? { json("message") as? String }
    }

    package enum Failure: Error { case cannotConnect(Int32), closed, timedOut, malformed(String) }

    private let descriptor: Int32
    private var pending: [UInt8] = []

    package init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure.cannotConnect(errno) }
        // What has not come by then never will; a busy machine may take its time.
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    /// Ends the connection as a process that dies would.
    package func shut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Sends all bytes; false if the other side has closed.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Bytes that have come, at least one; empty when the other side has closed.
    package func receive() throws -> [UInt8] {
        if !pending.isEmpty {
            defer { pending = [] }
            return pending
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN { throw Failure.timedOut }
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// One answer: head and, but for one to HEAD, a body of the length that it says.
    package func answer(hasBody: Bool = true) throws -> Answer {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        var split: Int?
        while split == nil {
            let more = try receive()
            guard !more.isEmpty else { throw Failure.closed }
            bytes += more
            split = bytes.indices.first { bytes[$0...].starts(with: end) }
        }
        let lines = String(decoding: bytes[..<split!], as: UTF8.self).components(
            separatedBy: "\r\n")
        guard let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") else {
            throw Failure.malformed(lines[0])
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        var body = Array(bytes[(split! + 4)...])
        if status == 100 {
            pending = body
            return try answer()
        }
        let length = hasBody ? Int(headers["content-length"] ?? "") ?? 0 : 0
        while body.count < length {
            let more = try receive()
            guard !more.isEmpty else { throw Failure.closed }
            body += more
        }
        pending = Array(body[length...])
        return Answer(status: status, headers: headers, body: Array(body[..<length]))
    }

    /// Whether the other side closes within the receive timeout; what it sends meanwhile is dropped.
    package func isClosedByPeer() -> Bool {
        while true {
            guard let bytes = try? receive() else { return false }
            if bytes.isEmpty { return true }
        }
    }

    /// A request and its answer.
    package func exchange(
        _ method: String, _ path: String, headers: [String] = [], body: [UInt8]? = nil
    ) throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        for header in headers { head += header + "\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        send(Array((head + "\r\n").utf8) + (body ?? []))
        return try answer(hasBody: method != "HEAD")
    }
}

/// Runs what blocks on a thread of its own.
package func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}
