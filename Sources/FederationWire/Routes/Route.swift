/// One route: what server and client agree on, and what the OpenAPI file lists.
public struct Route: Hashable, Sendable {
    /// HTTP methods in use.
    public enum Method: String, Hashable, Sendable {
        /// Reads.
        case get = "GET"
        /// Sends what may be sent twice.
        case put = "PUT"
        /// Sends what is new.
        case post = "POST"
        /// Ends.
        case delete = "DELETE"
    }

    /// Which API a route belongs to.
    public enum API: String, Hashable, Sendable {
        /// For any client in any language: JSON and texts.
        case plain
        /// For `federated join`: versioned, binary models.
        case binary
        /// For people and their tools: page, state, metrics.
        case observation
    }

    /// The method.
    public let method: Method
    /// The path, with parameters in braces: "/put_weight/{client}".
    public let template: String
    /// Which API it belongs to.
    public let api: API

    /// Whether a request changes the run, or takes what is meant for one client: what no other site's
    /// page may make a browser do.
    ///
    /// Not the method alone says it: the plain API prescribes GET for some.
    public var changesRun: Bool {
        method != .get || [.initialize, .updateNumData, .nextTask].contains(self)
    }

    /// The path with its parameters filled in, in their order.
    /// - Precondition: there are as many values as parameters.
    public func path(_ values: any CustomStringConvertible...) -> String {
        var values = values[...]
        let segments = template.split(separator: "/", omittingEmptySubsequences: false)
        let filled = segments.map { segment in
            guard segment.hasPrefix("{") else { return String(segment) }
            guard let value = values.popFirst() else {
                preconditionFailure("a value for \(segment) of \(template) is missing")
            }
            return "\(value)"
        }
        precondition(values.isEmpty, "\(template) has fewer parameters")
        return filled.joined(separator: "/")
    }

    /// The parameters' names, in their order.
    public var parameters: [String] {
        template.split(separator: "/").filter { $0.hasPrefix("{") }
            .map { String($0.dropFirst().dropLast()) }
    }
}
