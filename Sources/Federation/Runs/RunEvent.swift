import Foundation
import Parameters

/// What happened outside a run machine.
public enum RunEvent: Sendable {
    /// The run is to start. Counts once.
    case begin
    /// The user wants the run to end now.
    case stop
    /// A client is there (again).
    case joined(client: Int)
    /// A client was seen to vanish, at a time for people; `reason` is a clause.
    case lost(client: Int, reason: String, at: Date)
    /// The time that `RunOrder.wake` gave is over.
    case deadline(round: Int)
    /// A client's update has come and looks right.
    case trained(TrainedUpdate)
    /// A client could not do its part; `at` is when that was seen, where somebody saw it.
    case failed(client: Int, round: Int, ClientFailure, at: Date?)
    /// A rank's or another process's whole part of a round has come: its sum and what it says of clients.
    case summed(any Fold, [ClientReport], round: Int)
    /// What came of an order to fold.
    case folded(FoldOutcome)
    /// What came of an order to aggregate.
    case aggregated(AggregationOutcome)
    /// A model has been tested, in so many seconds over all threads.
    case evaluated(EvaluationSubject, round: Int, Evaluation, seconds: Double)
    /// A round is permanent.
    case committed(round: Int)
    /// A round could not be made permanent: the run ends.
    case notCommitted(round: Int, any Error)
}

/// A client's update, ready to be folded, and what is known of its making.
public struct TrainedUpdate: Sendable {
    /// What it adds to the round.
    public var contribution: Contribution
    /// The trained model, for tests of it; nil where it won't be tested.
    public var model: UpdateValue?
    /// Seconds of local training; nil where nobody says.
    public var seconds: Double?
    /// Training samples by class; nil where nobody says.
    public var classCounts: [Int]?

    /// An update.
    public init(
        _ contribution: Contribution, model: UpdateValue? = nil, seconds: Double? = nil,
        classCounts: [Int]? = nil
    ) {
        self.contribution = contribution
        self.model = model
        self.seconds = seconds
        self.classCounts = classCounts
    }
}

/// What another process says of a client whose update is in its sum, or should be.
public struct ClientReport: Sendable {
    /// The client.
    public var client: Int
    /// Its training samples.
    public var sampleCount: Int
    /// What the strategy keeps for it from now on.
    public var clientState: [String: ParameterVector]
    /// How its own model did, where that was tested.
    public var evaluation: Evaluation?
    /// Why there is no update of it.
    public var failure: ClientFailure?
    /// Whether it was the sum that did not take it.
    public var isRefused: Bool
    /// Seconds of local training.
    public var seconds: Double
    /// Seconds of testing its model.
    public var evaluationSeconds: Double
    /// Training samples by class.
    public var classCounts: [Int]
    /// How far its update moves the model.
    public var change: ChangeMeasure

    /// What is said of a client.
    public init(
        client: Int, sampleCount: Int, clientState: [String: ParameterVector] = [:],
        evaluation: Evaluation? = nil, failure: ClientFailure? = nil, isRefused: Bool = false,
        seconds: Double = 0, evaluationSeconds: Double = 0, classCounts: [Int] = [],
        change: ChangeMeasure = ChangeMeasure()
    ) {
        self.client = client
        self.sampleCount = sampleCount
        self.clientState = clientState
        self.evaluation = evaluation
        self.failure = failure
        self.isRefused = isRefused
        self.seconds = seconds
        self.evaluationSeconds = evaluationSeconds
        self.classCounts = classCounts
        self.change = change
    }
}

/// Whose model is tested.
public enum EvaluationSubject: Hashable, Sendable {
    /// A client's own.
    case client(Int)
    /// The round's new global one.
    case global
}
