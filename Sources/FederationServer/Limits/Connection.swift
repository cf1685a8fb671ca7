import NIOCore
import Synchronization

/// One client's connection, as far as those who wait on it need to know.
package final class Connection: Sendable {
    /// Who has used a connection, in which run of the server.
    private struct Claim: Hashable {
        var run: Int
        var client: Int
    }

    private struct State {
        var isClosed = false
        var claims: Set<Claim> = []
        weak var slot: UploadSlots.Slot?
        var admit: (@Sendable () -> Void)?
        var nextHandler = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let channel: (any Channel)?
    private let state = Mutex(State())

    package init(_ channel: (any Channel)?) {
        self.channel = channel
    }

    /// Clients of one connection whose going is noticed by its end. One that carries more is a proxy's,
    /// whose end says nothing about any of them, or a stranger's who makes ids up: it costs no more.
    package static let claimLimit = 64

    /// Notes that a client uses the connection.
    /// - Returns: whether that is new, and the connection's end is to be noticed for it.
    package func claim(client: Int, run: Int) -> Bool {
        state.withLock { state in
            // Those of a run that has been replaced count no more.
            if state.claims.first.map({ $0.run != run }) == true { state.claims = [] }
            guard state.claims.count < Self.claimLimit else { return false }
            return state.claims.insert(Claim(run: run, client: client)).inserted
        }
    }

    /// The one client that has used it, if there is just one.
    package var onlyClient: Int? {
        state.withLock { $0.claims.count == 1 ? $0.claims.first?.client : nil }
    }

    /// Lets the body of the request be read that `RequestGuard` holds back until there is a place
    /// in memory for it.
    func admitBody(in slot: UploadSlots.Slot) {
        let admit = state.withLock { state in
            state.slot = slot
            return state.admit
        }
        admit?()
    }

    /// Why the body that has a place in memory is to give it up, if it is.
    func overdue(afterSeconds seconds: Double) -> String? {
        let slot = state.withLock { $0.slot }
        return slot?.overdue(afterSeconds: seconds)
    }

    /// What lets a body be read.
    func onAdmit(_ admit: @escaping @Sendable () -> Void) { state.withLock { $0.admit = admit } }

    /// Cuts it off.
    func cut() { channel?.close(promise: nil) }

    /// Calls `handler` once when the connection is gone, at once if it is.
    /// - Returns: what takes the handler back.
    func onClose(_ handler: @escaping @Sendable () -> Void) -> Int {
        let number = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.nextHandler += 1
            state.handlers[state.nextHandler] = handler
            return state.nextHandler
        }
        if number == nil { handler() }
        return number ?? 0
    }

    /// Takes a handler back.
    func forget(_ number: Int) {
        state.withLock { $0.handlers[number] = nil }
    }

    /// The other side is gone.
    func close() {
        let handlers = state.withLock { state in
            state.isClosed = true
            state.admit = nil
            defer { state.handlers = [:] }
            return state.handlers.values.map { $0 }
        }
        for handler in handlers { handler() }
    }
}

/// All open connections, by their channel.
final class ConnectionTable: Sendable {
    private let connections = Mutex<[ObjectIdentifier: Connection]>([:])

    /// How many are open.
    var count: Int { connections.withLock { $0.count } }

    func open(_ channel: any Channel) -> Connection {
        let connection = Connection(channel)
        connections.withLock { $0[ObjectIdentifier(channel)] = connection }
        return connection
    }

    func close(_ channel: any Channel) {
        let connection = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
        connection?.close()
    }

    /// Cuts all off: the server has waited long enough for them.
    func cutAll() {
        for connection in connections.withLock({ Array($0.values) }) { connection.cut() }
    }

    /// The connection of a channel; a closed one if it is gone.
    subscript(channel: any Channel) -> Connection {
        if let connection = connections.withLock({ $0[ObjectIdentifier(channel)] }) {
            return connection
        }
        let gone = Connection(nil)
        gone.close()
        return gone
    }
}
