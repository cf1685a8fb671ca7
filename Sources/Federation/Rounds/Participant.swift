/// What is known of one client in the open round.
struct Participant: Sendable {
    /// Set when its update was accepted.
    var sampleCount: Int?
    /// Whether the update is in the aggregate.
    var isFolded = false
    var evaluation: Evaluation?
    var failure: ClientFailure?
    /// Whether it failed by going away: if it comes back, it may have a place again.
    var isLost = false
    /// Whether its update will not arrive, as chance has it.
    var dropsOut = false
    /// Whether a deadline has passed without its update, and the round stayed open.
    var isLate = false

    /// How far a client is.
    enum Stage: Int, CaseIterable {
        /// It has a place and has sent no update.
        case training
        /// It still trains, but another may have its place: a deadline has passed.
        case late
        /// Its update is accepted; folding or evaluating it is under way.
        case reported
        /// Its update is in the aggregate and nothing more is expected of it.
        case counted
        /// It has failed or gone away: its place is free.
        case absent
        /// Its training has diverged, or its update was refused: its place is free, and the round
        /// does without it.
        case dropped
        /// It has failed in a way that ends the run.
        case fatal
    }

    /// - Parameters:
    ///   - evaluated: whether clients' models are evaluated in this run.
    ///   - drops: whether a client that diverges loses its place and the run goes on.
    func stage(evaluated: Bool, drops: Bool) -> Stage {
        switch failure?.kind {
        case .error: return .fatal
        case .divergence where !drops: return .fatal
        // What is in the aggregate stays there, whatever is said of its client afterwards.
        case .divergence where !isFolded: return .dropped
        case .divergence, .absence, nil: break
        }
        if isFolded, failure != nil || !evaluated || evaluation != nil { return .counted }
        if failure != nil { return .absent }
        if sampleCount != nil { return .reported }
        return isLate ? .late : .training
    }

    /// How many participants are at which stage.
    struct Tally: Sendable {
        private var counts = [Int](repeating: 0, count: Stage.allCases.count)

        subscript(stage: Stage) -> Int {
            get { counts[stage.rawValue] }
            set { counts[stage.rawValue] = newValue }
        }

        /// Clients that the round waits for.
        var pending: Int { self[.training] + self[.reported] }
        /// Updates accepted and not failed.
        var updates: Int { self[.reported] + self[.counted] }
        /// Places that are taken.
        var places: Int { pending + self[.counted] + self[.fatal] }
    }
}
