import HTTPTypes

/// What one request may bring, known from its first lines.
package struct RequestAllowance: Sendable, Equatable {
    /// Most bytes of its body.
    var bodyBytes: Int
    /// Whether its answer waits for something to happen; such a request ends with its connection.
    var waits = false
    /// Whether its body is read only once the application has a place in memory for it.
    var needsPlace = false

    package init(bodyBytes: Int, waits: Bool = false, needsPlace: Bool = false) {
        self.bodyBytes = bodyBytes
        self.waits = waits
        self.needsPlace = needsPlace
    }
}

extension ServerLimits {
    /// The allowance of a request, by its method and path.
    func allowance(for head: HTTPRequest) -> RequestAllowance {
        let path = (head.path ?? "").prefix { $0 != "?" }
        switch head.method {
        case .put where path.hasPrefix("/put_weight/"):
            return RequestAllowance(bodyBytes: listedUpdateBytes, needsPlace: true)
        case .put where path.hasPrefix("/v1/") && path.contains("/updates/"):
            return RequestAllowance(bodyBytes: binaryUpdateBytes, needsPlace: true)
        case .get where path.hasSuffix("/events") || path.hasSuffix("/task"):
            return RequestAllowance(bodyBytes: messageBytes, waits: true)
        default:
            return RequestAllowance(bodyBytes: messageBytes)
        }
    }
}
