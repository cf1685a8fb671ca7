/// Whether the same configuration and seed would give a run's bits again.
public struct Reproducibility: Hashable, Sendable {
    /// What else they depend on, a clause each; empty where nothing else.
    public var reasons: [String]

    /// A run whose bits also depend on that.
    public init(reasons: [String] = []) { self.reasons = reasons }

    /// Whether the bits would be the same.
    public var holds: Bool { reasons.isEmpty }

    /// All reasons in one line; nil where there are none.
    public var why: String? { holds ? nil : reasons.joined(separator: "; ") }
}
