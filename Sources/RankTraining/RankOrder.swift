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

/// Where ranks find the model of the round before.
enum PreviousModel: Int, Codable {
    /// There is none.
    case none
    /// It is the one that they held against updates before.
    case known
    /// It is what the order before this one began with: nothing has to be sent, round for round.
    case began
    /// It follows, as after a run was resumed.
    case sent

    init(_ wanted: ParameterVector?, known: ParameterVector?, began: ParameterVector?) {
        func isWanted(_ other: ParameterVector?) -> Bool {
            other.map { wanted?.isIdentical(to: $0) ?? false } ?? false
        }
        self =
            wanted == nil
            ? .none : isWanted(known) ? .known : isWanted(began) ? .began : .sent
    }
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
    /// Where the model of the round before is to be found, against which updates are held.
    var previous: PreviousModel
    /// Whether what is kept for the clients follows.
    var sendsClients: Bool

    /// Training that begins with `state`.
    /// - Parameters:
    ///   - known: what the other ranks have of it already; nil for nothing.
    ///   - began: what the order before this one began with.
    init(
        round: Int, clients: [[Int]], dropouts: Set<Int>, _ strategy: Strategy,
        _ state: FederationState, known: FederationState?, began: ParameterVector? = nil
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
        previous = PreviousModel(state.previous, known: known?.previous, began: began)
        sendsClients = clients.joined().contains { state.clients[$0] != nil }
    }

    /// Gives every rank what it needs for its clients of the round.
    /// - Parameters:
    ///   - known: on rank 0 what the round begins with, elsewhere what an earlier one left.
    ///   - began: what the order before this one began with; not looked at on rank 0.
    /// - Returns: what the round begins with; on all but rank 0 as far as it is looked at.
    func share(
        _ known: FederationState, began: ParameterVector? = nil, _ communicator: any Communicator
    ) -> FederationState {
        let leads = communicator.rank == 0
        var state = known
        if sendsModel {
            state.model = communicator.broadcast(known.model, count: known.model.count)
        }
        switch previous {
        case .none: state.previous = nil
        case .known: break
        case .began: if !leads { state.previous = began }
        case .sent:
            state.previous = communicator.broadcast(known.previous, count: state.model.count)
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
