/// Stochastic gradient descent as a client does it: with momentum, weight decay, a proximal term and
/// gradient clipping, each of which may be left out.
///
/// For the gradient g of a batch's mean loss at the parameters w, clipped to an L2 norm of
/// `gradientClip`, the velocity v and the model w_global that training began from:
///
///     v ← βv + g + λw + μ(w − w_global)
///     w ← w − η(v + correction)
///
/// The correction is SCAFFOLD's c − c_i; see `Plan.begin(_:correction:)`. With η alone it is plain
/// SGD, and gives its very bits.
///
/// Sources: heavy-ball momentum and L2 weight decay as PyTorch's `SGD` has them (Polyak, "Some
/// methods of speeding up the convergence of iteration methods", 1964; dampening 0, not Nesterov's);
/// the proximal term: Li et al., "Federated optimization in heterogeneous networks" (FedProx), MLSys
/// 2020, equation 2; the correction: Karimireddy et al., "SCAFFOLD", ICML 2020, Algorithm 1.
public struct LocalOptimizer: Hashable, Sendable, Codable {
    /// η, above 0; 0 moves nothing.
    public var learningRate: Float
    /// β, at least 0 and below 1.
    public var momentum: Float
    /// λ, at least 0.
    public var weightDecay: Float
    /// μ, at least 0.
    public var proximal: Float
    /// The largest L2 norm of a batch's gradient, above 0; nil for no limit.
    public var gradientClip: Float?

    /// SGD with these settings; with the rate alone it is plain.
    public init(
        learningRate: Float, momentum: Float = 0, weightDecay: Float = 0, proximal: Float = 0,
        gradientClip: Float? = nil
    ) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.proximal = proximal
        self.gradientClip = gradientClip
    }

    /// Whether it is w ← w − ηg, nothing else.
    public var isPlain: Bool {
        momentum == 0 && weightDecay == 0 && proximal == 0 && gradientClip == nil
    }

    /// Traps where a setting makes no sense.
    func requireSensible() {
        precondition(
            learningRate >= 0 && learningRate.isFinite,
            "the learning rate \(learningRate) must be a finite number of at least 0")
        precondition(
            momentum >= 0 && momentum < 1, "the momentum \(momentum) must be at least 0 and below 1"
        )
        precondition(
            weightDecay >= 0 && weightDecay.isFinite,
            "the weight decay \(weightDecay) must be a finite number of at least 0")
        precondition(
            proximal >= 0 && proximal.isFinite,
            "the proximal term's μ \(proximal) must be a finite number of at least 0")
        if let gradientClip {
            precondition(
                gradientClip > 0, "the gradient clip \(gradientClip) must be above 0")
        }
    }
}
