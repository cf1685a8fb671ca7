/// How fast the body of a request comes, counting only the time in which the server waits for it.
package struct BodyClock {
    let allowance: RequestAllowance
    private(set) var byteCount = 0
    private let start: Double
    private var waited = 0.0
    private var waitingSince: Double?

    /// - Parameter start: as all times here, in seconds on any clock.
    package init(_ allowance: RequestAllowance, since start: Double) {
        self.allowance = allowance
        self.start = start
    }

    /// The server is ready to read.
    package mutating func waitBegins(at now: Double) {
        if waitingSince == nil { waitingSince = now }
    }

    /// Bytes have come.
    package mutating func received(_ count: Int, at now: Double) {
        byteCount += count
        if let waitingSince { waited += now - waitingSince }
        waitingSince = nil
    }

    /// Why the body is to be cut off, if it is.
    package func lateness(at now: Double, limits: ServerLimits) -> String? {
        let waited = waited + (waitingSince.map { now - $0 } ?? 0)
        if waited > limits.graceSeconds,
            Double(byteCount) < waited * Double(limits.minimumBytesPerSecond)
        {
            return """
                \(byteCount) bytes of the body came in \(Self.text(waited)) s: \
                expected at least \(limits.minimumBytesPerSecond) a second
                """
        }
        let seconds = now - start
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
