import NIOCore
import Synchronization

/// One client's connection, as far as those who wait on it need to know.
final class Connection: Sendable {
    /// Who has used a connection, in which run of the server.
    private struct Claim: Hashable {
        var run: Int
        var client: Int
    }

    private struct State {
        var isClosed = false
        var claims: Set<Claim> = []
        var admit: (@Sendable () -> Void)?
        var nextHandler = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let channel: (any Channel)?
    private let state = Mutex(State())

    init(_ channel: (any Channel)?) {
        self.channel = channel
    }

    /// Notes that a client uses the connection.
    /// - Returns: whether that is new.
    func claim(client: Int, run: Int) -> Bool {
        state.withLock { $0.claims.insert(Claim(run: run, client: client)).inserted }
    }

    /// The one client that has used it, if there is just one.
    var onlyClient: Int? {
        state.withLock { $0.claims.count == 1 ? $0.claims.first?.client : nil }
    }

    /// Lets the body of the request be read that `RequestGuard` holds back until there is a place
    /// in memory for it.
    func admitBody() {
        let admit = state.withLock { $0.admit }
        admit?()
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
