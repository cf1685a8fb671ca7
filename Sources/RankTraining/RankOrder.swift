import Federation
import Parameters

/// What rank 0 tells the others to do next.
enum RankOrder: Codable {
    /// Train clients of a round; what they need follows.
    case train(TrainingOrder)
    /// Test the model that follows.
    case evaluate
    /// The run is over.
    case end
}

/// A round's training, and what the ranks do not have of what it needs.
struct TrainingOrder: Codable {
    var round: Int
    /// Who is trained, one list for each rank.
    var clients: [[Int]]
    /// Those of them whose updates will not arrive.
    var dropouts: Set<Int>
    /// Whether the model follows.
    var sendsModel: Bool
    /// The server's vectors that are looked at.
    var vectors: Set<String>
    /// The lengths of those that follow, by name.
    var sentVectors: [String: Int]
    /// Whether what is kept for the clients follows.
    var sendsClients: Bool

    /// Training that begins with `state`.
    /// - Parameter known: what the other ranks have of it already; nil for nothing.
    init(
        round: Int, clients: [[Int]], dropouts: Set<Int>, _ strategy: Strategy,
        _ state: FederationState, known: FederationState?
    ) {
        self.round = round
        self.clients = clients
        self.dropouts = dropouts
        sendsModel = known.map { !$0.model.isIdentical(to: state.model) } ?? true
        // Who else has to do with the update knows nothing of the server.
        let needed =
            strategy.objective.usesControlVariates
            || strategy.transforms.contains { $0.place == .server }
        vectors = needed ? Set(state.vectors.keys) : []
        sentVectors = [:]
        for name in vectors {
            guard let vector = state.vectors[name] else { continue }
            if known?.vectors[name].map({ $0.isIdentical(to: vector) }) ?? false { continue }
            sentVectors[name] = vector.count
        }
        sendsClients = clients.joined().contains { state.clients[$0] != nil }
    }

    /// Gives every rank what it needs for its clients of the round.
    /// - Parameter known: on rank 0 what the round begins with, elsewhere what an earlier one left.
    /// - Returns: what the round begins with; on all but rank 0 as far as it is looked at.
    func share(_ known: FederationState, _ communicator: any Communicator) -> FederationState {
        let leads = communicator.rank == 0
        var state = known
        if sendsModel {
            state.model = communicator.broadcast(known.model, count: known.model.count)
        }
        if !leads { state.vectors = state.vectors.filter { vectors.contains($0.key) } }
        for (name, count) in sentVectors.sorted(by: { $0.key < $1.key }) {
            state.vectors[name] = communicator.broadcast(known.vectors[name], count: count)
        }
        if !leads { state.clients = [:] }
        guard sendsClients else { return state }
        let own = communicator.scatter(leads ? clientMessages(known.clients) : [])
        guard !leads else { return state }
        var reader = MessageReader(own)
        for client in clients[communicator.rank] { state.clients[client] = reader.vectors() }
        return state
    }

    /// For each rank what is kept for its clients; rank 0 has its own.
    private func clientMessages(_ kept: [Int: [String: ParameterVector]]) -> [[UInt8]] {
        clients.enumerated().map { rank, clients in
            guard rank > 0 else { return [] }
            var writer = MessageWriter()
            for client in clients { writer.write(kept[client] ?? [:]) }
            return writer.bytes
        }
    }
}
