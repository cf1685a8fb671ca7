import Parameters

/// A federated algorithm as a value made of parts, each of which anyone can write.
///
/// What a client minimises is the `objective`. Its update goes through the client halves of the
/// `transforms`, weighs as the `weighting` says, and is folded with the others' by the `aggregator`; the
/// aggregate goes back through the transforms' server halves, and the `server` rule makes the next
/// global model of it.
///
/// ```
/// let robust = Strategy("Clipped median", aggregator: CoordinateMedian())
/// ```
///
/// In what follows x is the global model, y_i what client i made of it, n_i its samples, and ȳ the mean
/// Σ n_i y_i / Σ n_i over the round's clients, exact and rounded once.
public struct Strategy: Sendable {
    /// As it stands in the log: "FedAvg".
    public var name: String
    /// What a client minimises.
    public var objective: ClientObjective
    /// How much an update weighs.
    public var weighting: Weighting
    /// What an update goes through, first to last at the client and last to first at the server.
    public var transforms: [any UpdateTransform]
    /// How updates become one.
    public var aggregator: any Aggregator
    /// What becomes of the model.
    public var server: any ServerRule

    /// A strategy of these parts; left out, they are those of federated averaging.
    public init(
        _ name: String, objective: ClientObjective = .plain, weighting: Weighting = .samples,
        transforms: [any UpdateTransform] = [], aggregator: any Aggregator = ExactMean(),
        server: any ServerRule = Replacement()
    ) {
        self.name = name
        self.objective = objective
        self.weighting = weighting
        self.transforms = transforms
        self.aggregator = aggregator
        self.server = server
    }

    /// Why its parts contradict each other, as a sentence; nil if they don't.
    public var problem: String? {
        let found =
            transforms.lazy.compactMap { $0.problem(in: self) }.first
            ?? aggregator.problem(in: self) ?? server.problem(in: self)
        if let found { return "\(name): \(found)" }
        let names = transforms.flatMap(\.clientStateNames)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            return "\(name): two of its transforms keep “\(twice)” for each client"
        }
        return nil
    }

    /// What it keeps for each client from round to round, in words.
    public var clientStateNames: [String] { transforms.flatMap(\.clientStateNames) }

    /// Whether it keeps anything for clients.
    public var hasClientState: Bool { !clientStateNames.isEmpty }

    /// The transforms whose client half runs where the client is.
    public var clientTransforms: [any UpdateTransform] {
        transforms.filter { $0.place == .client }
    }

    /// Why a state cannot be one of this strategy's, as a clause; nil if it can.
    public func problem(with state: FederationState) -> String? {
        let kept = Set(state.vectors.keys)
        let own = Set(server.vectorNames)
        if !server.namesOtherVectors, let stranger = kept.subtracting(own).sorted().first {
            return "it has a “\(stranger)”, which \(name) does not keep"
        }
        if !kept.isEmpty, let missing = own.subtracting(kept).sorted().first {
            return "it has no “\(missing)”, which \(name) keeps"
        }
        let ofClients = Set(clientStateNames)
        for (client, vectors) in state.clients.sorted(by: { $0.key < $1.key }) {
            if let stranger = Set(vectors.keys).subtracting(ofClients).sorted().first {
                return "it has a “\(stranger)” of client \(client), which \(name) does not keep"
            }
        }
        let counts =
            Array(state.vectors.values) + state.clients.values.flatMap(\.values)
            + (state.previous.map { [$0] } ?? [])
        if let other = counts.first(where: { $0.count != state.model.count }) {
            return "a vector beside the model has \(other.count) parameters, the model "
                + "\(state.model.count)"
        }
        return nil
    }
}

extension Strategy: CustomStringConvertible {
    /// Name and settings: "FedAdam, server rate 0.01, β₁ 0.9, β₂ 0.99, τ 0.001".
    public var description: String {
        var parts = [name]
        if objective.proximal > 0 { parts.append("μ \(objective.proximal)") }
        parts += server.settings
        parts += clientTransforms.map(\.description)
        if weighting != .samples { parts.append(weighting.description) }
        return parts.joined(separator: ", ")
    }
}
