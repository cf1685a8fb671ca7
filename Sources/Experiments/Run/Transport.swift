/// How updates come from clients to the server in one command.
public enum Transport: String, CaseIterable, Sendable {
    /// They stay in memory.
    case memory
    /// Over loopback, as `federated join` sends them.
    case http
    /// Over loopback, as nested lists through the plain API.
    case json

    package static let help = "How clients reach the server: memory, or http or json over loopback."
}
