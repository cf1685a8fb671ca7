/// Defaults that other settings have a say in, and what strategies are published with.
enum Usual {
    static let clients = 5
    static let epochs = 10.0
    static let batch = 8
    /// Of the test samples, for clients' own models; so many at least, that small data sets say something.
    static let clientEvaluationFraction = 0.1
    static let leastClientTests = 500
    /// μ of FedProx.
    static let mu: Float = 0.01
    /// η of servers that are not adaptive, and of those that are.
    static let rate = 1.0
    static let adaptiveRate = 0.01
    /// β of FedAvgM.
    static let momentum = 0.9
    /// β₁ of adaptive servers but FedAdagrad, which has no momentum.
    static let beta1 = 0.9
    static let beta2 = 0.99
    static let tau = 0.001
}
