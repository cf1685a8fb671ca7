/// What another process wants of a run that is going on.
public enum RunWish: String, Sendable, CaseIterable {
    /// That it stops as Ctrl-C stops it: interrupted, to be resumed.
    case stop
    /// That it waits before its next round, until it is wanted no longer.
    case pause
}
