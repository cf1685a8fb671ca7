import CKernels

/// What is minimised: a mean over a batch's samples, in nats for cross-entropies.
///
/// With z the outputs of a sample, K of them, and t what they should be:
///
/// - softmax cross-entropy: −Σ q_k log softmax(z)_k, q being 1 for the label and 0 else, or with label
///   smoothing s, (1 − s) · that + s / K (Szegedy et al., "Rethinking the Inception architecture", CVPR
///   2016, section 7);
/// - sigmoid cross-entropy: mean over k of −t_k log σ(z_k) − (1 − t_k) log(1 − σ(z_k));
/// - squared error: mean over k of (z_k − t_k)².
public struct Loss: Hashable, Sendable, Codable {
    /// Which.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// One of K classes.
        case softmaxCrossEntropy = "softmax-cross-entropy"
        /// Of each output, whether it is so: two classes with one output, or several that may all be so.
        case sigmoidCrossEntropy = "sigmoid-cross-entropy"
        /// Numbers.
        case squaredError = "squared-error"
    }

    /// Which.
    public var kind: Kind
    /// s, at least 0 and below 1; of softmax cross-entropy alone.
    public var labelSmoothing: Float

    /// A loss of that kind.
    /// - Precondition: 0 ≤ s < 1.
    public init(_ kind: Kind, labelSmoothing: Float = 0) {
        precondition(
            labelSmoothing >= 0 && labelSmoothing < 1, "labels are smoothed by 0 up to 1")
        self.kind = kind
        self.labelSmoothing = labelSmoothing
    }

    /// Without smoothing.
    public static let softmaxCrossEntropy = Loss(.softmaxCrossEntropy)
    /// See `Kind`.
    public static let sigmoidCrossEntropy = Loss(.sigmoidCrossEntropy)
    /// See `Kind`.
    public static let squaredError = Loss(.squaredError)
}

extension Loss {
    /// Adds the loss and hits of some samples, and writes the outputs' gradient, times `scale`, where one
    /// is wanted.
    func add(
        to result: inout BatchResult, logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>,
        targets: UnsafePointer<Float>?, count: Int, outputs: Int, scale: Float,
        gradient: UnsafeMutablePointer<Float>?
    ) {
        switch (kind, targets) {
        case (.softmaxCrossEntropy, _), (_, nil):
            // A test measures without smoothing, as training frameworks do.
            result.lossSum += ck_softmax_cross_entropy(
                logits, labels, count, outputs, gradient == nil ? 0 : labelSmoothing, scale,
                gradient, &result.correct)
        case (.sigmoidCrossEntropy, let targets?):
            result.lossSum += ck_sigmoid_cross_entropy(
                logits, targets, count, outputs, scale, gradient, &result.correct)
        case (.squaredError, let targets?):
            result.lossSum += ck_squared_error(logits, targets, count, outputs, scale, gradient)
        }
    }
}
