import Platform

/// What of the threads' time goes without work, from commit to commit.
struct IdleTime: Sendable {
    /// By round, 0…1.
    private(set) var shares: [Double] = []
    /// Seconds in which threads waited for work while others of their number, made for a moment, computed.
    var helpedSeconds = 0.0
    private let threads: Int
    private var since: (now: Double, idle: Double) = (0, 0)

    init(threads: Int) { self.threads = threads }

    /// The run begins.
    /// - Parameter waited: seconds that threads have waited for work, summed.
    mutating func begin(waited: Double) {
        since = (MonotonicClock.seconds(), waited - helpedSeconds)
    }

    /// A round is about to be committed.
    mutating func committing(waited: Double) {
        let (now, idle) = (MonotonicClock.seconds(), waited - helpedSeconds)
        let seconds = (now - since.now) * Double(threads)
        shares.append(seconds > 0 ? min(max(0, (idle - since.idle) / seconds), 1) : 0)
        since = (now, idle)
    }
}
