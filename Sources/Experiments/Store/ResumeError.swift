/// Why a run of a store cannot be gone on with; one sentence, with the run's name.
public enum ResumeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Settings that this version cannot read.
    case unknownSettings(run: String)
    /// Settings that no run can have; a sentence of why.
    case refused(run: String, reason: String)
    /// A state that the strategy has no use for; a sentence of why.
    case otherState(run: String, reason: String)
    /// Fewer rounds than it was meant for.
    case fewerRounds(run: String, rounds: Int, planned: Int, committed: Int)
    /// More rounds than those over which its learning rate was to fall.
    case schedule(run: String, String, planned: Int)
    /// Data that hold other images than those it was begun with.
    case otherData(run: String, origin: String)
    /// What divides the images does it otherwise than when the run was begun.
    case otherDivision(run: String, by: String)
    /// The file of the weights to begin with holds others than when the run was begun.
    case otherInitialModel(run: String, file: String)

    private var run: String {
        switch self {
        case .unknownSettings(let run), .refused(let run, _), .otherState(let run, _),
            .otherData(let run, _), .otherDivision(let run, _), .otherInitialModel(let run, _),
            .fewerRounds(let run, _, _, _), .schedule(let run, _, _):
            run
        }
    }

    private var reason: String {
        switch self {
        case .unknownSettings: "this version does not understand its settings"
        case .refused(_, let reason): reason
        case .otherState(_, let reason): "its state is another strategy's: \(reason)"
        case .fewerRounds(_, let rounds, let planned, let committed):
            "\(rounds) rounds in all are fewer than the \(planned) that it was meant for, of which "
                + "\(committed) are committed"
        case .schedule(_, let schedule, let planned):
            "its learning rate falls over the \(planned) rounds that it was meant for (\(schedule)), "
                + "and more would have had other rates from the beginning"
        case .otherData(_, let origin):
            "\(origin) holds other images than those it was begun with"
        case .otherDivision(_, let what):
            "\(what) divides the images otherwise than when it was begun"
        case .otherInitialModel(_, let file): "\(file) holds other weights than when it was begun"
        }
    }

    /// One sentence.
    public var description: String { "run \(run) cannot be resumed: \(reason)" }
}
