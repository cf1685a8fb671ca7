/// What a client minimises: its own mean loss, and what the strategy adds to it.
///
/// It travels to clients as it stands, and the trainer reads it itself, so that no strategy can be set
/// by half.
public struct ClientObjective: Hashable, Sendable, Codable {
    /// μ of a proximal term μ/2 · ‖w − x‖² around the global model x; 0 for none.
    ///
    /// Source: Li et al., "Federated optimization in heterogeneous networks", MLSys 2020, equation 2.
    public var proximal: Float
    /// Whether each step is corrected by c − c_i, the server's control variate less the client's own.
    ///
    /// Source: Karimireddy et al., "SCAFFOLD", ICML 2020, Algorithm 1.
    public var usesControlVariates: Bool

    /// The client's own mean loss, with these additions.
    /// - Precondition: μ is at least 0 and finite.
    public init(proximal: Float = 0, usesControlVariates: Bool = false) {
        precondition(proximal >= 0 && proximal.isFinite, "μ must be at least 0, not \(proximal)")
        self.proximal = proximal
        self.usesControlVariates = usesControlVariates
    }

    /// The client's own mean loss.
    public static let plain = ClientObjective()
}
