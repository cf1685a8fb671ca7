import Federation
import RankTraining
import Training

/// What carries a run out, wherever its clients are trained: all drivers of one configuration come to the
/// same bits.
public protocol RunDriver: Sendable {
    /// Runs all rounds and returns when the run is over.
    func run() -> RunResult
    /// Ends the run within a batch's time; committed rounds are kept.
    func stop()
    /// For each round that has trained, the part of the threads' time that went without work, 0…1; empty
    /// where clients train elsewhere.
    var idleShares: [Double] { get }
}

extension RunDriver {
    /// None.
    public var idleShares: [Double] { [] }
}

extension InProcessFederation: RunDriver {}
extension DistributedFederation: RunDriver {}
