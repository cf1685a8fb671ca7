/// The algorithms by name.
public enum StrategyName: String, CaseIterable, Codable, Sendable {
    /// `Strategy.fedAvg`.
    case fedavg
    /// `Strategy.fedSGD`.
    case fedsgd
    /// `Strategy.fedProx(mu:)`.
    case fedprox
    /// `Strategy.scaffold(learningRate:)`.
    case scaffold
    /// `Strategy.fedNova(learningRate:)`.
    case fednova
    /// `Strategy.fedAvgM(learningRate:momentum:)`.
    case fedavgm
    /// `Strategy.adaptive(_:)` with Adagrad.
    case fedadagrad
    /// `Strategy.adaptive(_:)` with Adam.
    case fedadam
    /// `Strategy.adaptive(_:)` with Yogi.
    case fedyogi
    /// `Strategy.median`.
    case median
}
