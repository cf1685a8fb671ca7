import Foundation
import Glibc

/// What stands before a server, in a few lines: a request to a connection, which then ends.
final class Doorway: Sendable {
    let port: Int
    private let listener: Int32

    /// - Parameter answer: the bytes to send back for a request's head and body.
    init(_ answer: @escaping @Sendable (_ head: String, _ body: [UInt8]) -> [UInt8]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread {
                    defer { close(connection) }
                    guard let (head, body) = Self.request(connection) else { return }
                    Self.send(answer(head, body), to: connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A proxy that serves what is at a port under a path, which it takes off.
    static func stripping(_ prefix: String, before port: Int) throws -> Doorway {
        try Doorway { head, body in
            let first = head.prefix { $0 != "\r\n" }
            guard let range = first.range(of: " " + prefix + "/") else {
                return Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8)
            }
            var inner = head
            inner.replaceSubrange(range, with: " /")
            return forward(Array((inner + "\r\nConnection: close\r\n\r\n").utf8) + body, to: port)
        }
    }

    /// All that a server answers to bytes.
    static func forward(_ bytes: [UInt8], to port: Int) -> [UInt8] {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        var address = loopback(port: port)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { return [] }
        send(bytes, to: connection)
        var answer: [UInt8] = []
        while let piece = receive(connection) { answer += piece }
        return answer
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        return address
    }

    /// Some bytes; nil when the other side has ended.
    private static func receive(_ connection: Int32) -> [UInt8]? {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(connection, &piece, piece.count, 0)
        return count > 0 ? Array(piece[..<count]) : nil
    }

    private static func send(_ bytes: [UInt8], to connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// A request's head, without its empty line, and its body.
    private static func request(_ connection: Int32) -> (head: String, body: [UInt8])? {
        var bytes: [UInt8] = []
        var end: Int?
        while end == nil {
            guard let piece = receive(connection) else { return nil }
            bytes += piece
            end = bytes.indices.first { bytes[$0...].starts(with: [13, 10, 13, 10]) }
        }
        guard let end else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let length = head.components(separatedBy: "\r\n")
            .first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
        while bytes.count < end + 4 + (length ?? 0) {
            guard let piece = receive(connection) else { return nil }
            bytes += piece
        }
        return (head, Array(bytes[(end + 4)...]))
    }
}
