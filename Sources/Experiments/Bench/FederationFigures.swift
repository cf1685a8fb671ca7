/// What a round costs when clients do nothing: medians over rounds, in seconds.
package struct FederationFigures: Encodable, Sendable {
    package var clients: Int
    package var parameters: Int
    package var rounds: Int
    package var inProcessSeconds: Double
    package var loopbackSeconds: Double

    package init(
        clients: Int, parameters: Int, rounds: Int, inProcessSeconds: Double,
        loopbackSeconds: Double
    ) {
        self.clients = clients
        self.parameters = parameters
        self.rounds = rounds
        self.inProcessSeconds = inProcessSeconds
        self.loopbackSeconds = loopbackSeconds
    }
}
