import NIOCore

/// How fast the body of a request comes, counting only the time in which the server waits for it.
package struct BodyClock {
    let allowance: RequestAllowance
    private(set) var byteCount = 0
    private let start: NIODeadline
    private var waited = TimeAmount.zero
    private var waitingSince: NIODeadline?

    package init(_ allowance: RequestAllowance, since start: NIODeadline) {
        self.allowance = allowance
        self.start = start
    }

    /// The server is ready to read.
    package mutating func waitBegins(at now: NIODeadline) {
        if waitingSince == nil { waitingSince = now }
    }

    /// Bytes have come.
    package mutating func received(_ count: Int, at now: NIODeadline) {
        byteCount += count
        if let waitingSince { waited = waited + (now - waitingSince) }
        waitingSince = nil
    }

    /// Why the body is to be cut off, if it is.
    package func lateness(at now: NIODeadline, limits: ServerLimits) -> String? {
        let waited = waited + (waitingSince.map { now - $0 } ?? .zero)
        let waitedSeconds = Double(waited.nanoseconds) / 1e9
        if waitedSeconds > limits.graceSeconds,
            Double(byteCount) < waitedSeconds * Double(limits.minimumBytesPerSecond)
        {
            return """
                \(byteCount) bytes of the body came in \(Self.text(waitedSeconds)) s: \
                expected at least \(limits.minimumBytesPerSecond) a second
                """
        }
        let seconds = Double((now - start).nanoseconds) / 1e9
        let limit = limits.bodySeconds(bytes: allowance.bodyBytes)
        guard seconds > limit else { return nil }
        return """
            the body was not complete after \(Self.text(seconds)) s: \
            expected within \(Self.text(limit)) s
            """
    }

    private static func text(_ seconds: Double) -> String {
        "\((seconds * 10).rounded() / 10)"
    }
}
