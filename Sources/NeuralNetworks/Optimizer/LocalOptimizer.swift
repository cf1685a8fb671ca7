/// How a client's steps follow a batch's gradient: stochastic gradient descent, Adam or AdamW, with weight
/// decay, a proximal term and gradient clipping, each of which may be left out.
///
/// For the gradient g of a batch's mean loss at the parameters w, clipped to an L2 norm of
/// `gradientClip`, and the model w_global that training began from, let d = g + λw + μ(w − w_global).
/// Descent has a velocity v:
///
///     v ← βv + d
///     w ← w − η(v + correction)              or, Nesterov's, w ← w − η(d + βv + correction)
///
/// The correction is SCAFFOLD's c − c_i; see `Plan.begin(_:correction:)`. With η alone it is plain SGD,
/// and gives its very bits. In its step t, Adam has a mean m of d and a mean s of its squares:
///
///     m ← β₁m + (1 − β₁)d
///     s ← β₂s + (1 − β₂)d²
///     w ← w − η (m / (1 − β₁ᵗ)) / (√(s / (1 − β₂ᵗ)) + ε)
///
/// AdamW has no λw in d, but w ← (1 − ηλ)w − …. The proximal term is a part of d with both, like the rest
/// of what the client minimises. There is no correction: control variates are gradients, and Adam does
/// not step by gradients. v, m, s and t begin at zero in each client's round.
///
/// Sources: heavy-ball momentum, Nesterov's and L2 weight decay as PyTorch's `SGD` has them (Polyak, "Some
/// methods of speeding up the convergence of iteration methods", 1964; dampening 0); Kingma and Ba, "Adam:
/// a method for stochastic optimization", ICLR 2015, Algorithm 1; Loshchilov and Hutter, "Decoupled weight
/// decay regularization", ICLR 2019, Algorithm 2; the proximal term: Li et al., "Federated optimization in
/// heterogeneous networks" (FedProx), MLSys 2020, equation 2; the correction: Karimireddy et al.,
/// "SCAFFOLD", ICML 2020, Algorithm 1.
public struct LocalOptimizer: Hashable, Sendable {
    /// Which rule makes a step of a gradient.
    public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
        /// Gradient descent, with or without momentum.
        case sgd
        /// Adam; weight decay is part of the gradient.
        case adam
        /// Adam with weight decay by itself.
        case adamw
    }

    /// Which rule.
    public var kind: Kind
    /// η, above 0; 0 moves nothing.
    public var learningRate: Float
    /// β of SGD, at least 0 and below 1.
    public var momentum: Float
    /// Whether momentum is Nesterov's; without momentum it is nothing.
    public var nesterov: Bool
    /// β₁ of Adam, at least 0 and below 1.
    public var beta1: Float
    /// β₂ of Adam, at least 0 and below 1.
    public var beta2: Float
    /// ε of Adam, above 0.
    public var epsilon: Float
    /// λ, at least 0.
    public var weightDecay: Float
    /// μ, at least 0.
    public var proximal: Float
    /// The largest L2 norm of a batch's gradient, above 0; nil for no limit.
    public var gradientClip: Float?

    /// β₁ where nothing else is said.
    public static let usualBeta1: Float = 0.9
    /// β₂ where nothing else is said.
    public static let usualBeta2: Float = 0.999
    /// ε where nothing else is said.
    public static let usualEpsilon: Float = 1e-8

    /// An optimiser with these settings; with the rate alone it is plain SGD.
    ///
    /// What belongs to another kind counts for nothing.
    public init(
        _ kind: Kind = .sgd, learningRate: Float, momentum: Float = 0, nesterov: Bool = false,
        beta1: Float = usualBeta1, beta2: Float = usualBeta2, epsilon: Float = usualEpsilon,
        weightDecay: Float = 0, proximal: Float = 0, gradientClip: Float? = nil
    ) {
        self.kind = kind
        self.learningRate = learningRate
        self.momentum = momentum
        self.nesterov = nesterov
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.proximal = proximal
        self.gradientClip = gradientClip
    }

    /// Whether it is w ← w − ηg, nothing else.
    public var isPlain: Bool {
        kind == .sgd && momentum == 0 && weightDecay == 0 && proximal == 0 && gradientClip == nil
    }

    /// Numbers that it keeps of each parameter from step to step: v, or m and s.
    public var stateCount: Int {
        switch kind {
        case .sgd: momentum > 0 ? 1 : 0
        case .adam, .adamw: 2
        }
    }

    /// Traps where a setting makes no sense.
    func requireSensible() {
        func require(_ value: Float, below limit: Float = .infinity, _ name: String) {
            precondition(
                value >= 0 && value < limit,
                "the \(name) \(value) must be at least 0 and "
                    + (limit == .infinity ? "finite" : "below \(limit)"))
        }
        require(learningRate, "learning rate")
        require(momentum, below: 1, "momentum")
        require(weightDecay, "weight decay")
        require(proximal, "proximal term's μ")
        if kind != .sgd {
            require(beta1, below: 1, "β₁")
            require(beta2, below: 1, "β₂")
            precondition(
                epsilon > 0 && epsilon.isFinite, "ε \(epsilon) must be above 0 and finite")
        }
        if let gradientClip {
            precondition(
                gradientClip > 0, "the gradient clip \(gradientClip) must be above 0")
        }
    }
}

extension LocalOptimizer: Codable {
    private enum Key: String, CodingKey {
        case kind, learningRate, momentum, nesterov, beta1, beta2, epsilon, weightDecay, proximal
        case gradientClip
    }

    /// Reads what `encode(to:)` writes, and what versions wrote that had SGD alone.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        func number(_ key: Key, else usual: Float) throws -> Float {
            try fields.decodeIfPresent(Float.self, forKey: key) ?? usual
        }
        self.init(
            try fields.decodeIfPresent(Kind.self, forKey: .kind) ?? .sgd,
            learningRate: try fields.decode(Float.self, forKey: .learningRate),
            momentum: try number(.momentum, else: 0),
            nesterov: try fields.decodeIfPresent(Bool.self, forKey: .nesterov) ?? false,
            beta1: try number(.beta1, else: Self.usualBeta1),
            beta2: try number(.beta2, else: Self.usualBeta2),
            epsilon: try number(.epsilon, else: Self.usualEpsilon),
            weightDecay: try number(.weightDecay, else: 0),
            proximal: try number(.proximal, else: 0),
            gradientClip: try fields.decodeIfPresent(Float.self, forKey: .gradientClip))
    }

    /// Writes all of it.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(kind, forKey: .kind)
        try fields.encode(learningRate, forKey: .learningRate)
        try fields.encode(momentum, forKey: .momentum)
        try fields.encode(nesterov, forKey: .nesterov)
        try fields.encode(beta1, forKey: .beta1)
        try fields.encode(beta2, forKey: .beta2)
        try fields.encode(epsilon, forKey: .epsilon)
        try fields.encode(weightDecay, forKey: .weightDecay)
        try fields.encode(proximal, forKey: .proximal)
        try fields.encodeIfPresent(gradientClip, forKey: .gradientClip)
    }
}
