import Synchronization

/// The number that a SuperLink gave the node; its session writes it, its heartbeat reads it.
final class NodePlace: Sendable {
    private let number = Mutex<UInt64?>(nil)

    /// nil while the node is in no federation.
    var node: UInt64? {
        get { number.withLock { $0 } }
        set { number.withLock { $0 = newValue } }
    }
}
