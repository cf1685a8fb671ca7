/// How long the server waits for what.
public struct ServerTiming: Sendable, Hashable {
    /// A client that trains is to report at least this often.
    public var heartbeatSeconds = 1.0
    /// One that has been silent for so long has vanished, where it has no connection open.
    public var silenceSeconds = 3.0
    /// One that still has a connection open may be silent for so long.
    public var connectedSilenceSeconds = 20.0
    /// One whose last connection closed so long ago has vanished.
    public var disconnectionSeconds = 1.0
    /// How long a question for the next task is held.
    public var pollSeconds = 20.0
    /// How often silence is looked for.
    public var upkeepSeconds = 0.2
    /// How long a server that is told to stop lets requests and commits finish.
    public var drainSeconds = 10.0
    /// The page is told of changes at most this often.
    public var feedSeconds = 0.25

    /// The usual times.
    public init() {}
}
