import Federation

/// Shows a run to another program while it goes on. What it cannot do ends no run.
package protocol RunTracker: Sendable {
    /// What it is shown by, and where.
    var place: (name: String, value: String) { get }
    /// A round is committed.
    func note(_ round: CommittedRound)
    /// No more rounds come of it.
    func end(_ outcome: Outcome)
}
