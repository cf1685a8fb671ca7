import Experiments
import FederationClient
import Parameters

/// Several clients of a served run in one process: each as `ExperimentClient` alone is, with a session of its
/// own, but with data that are read once and as many threads as may train at once.
public struct ClientGroup: Sendable {
    /// What became of a client.
    public typealias Ending = Result<FederationClient.Ending, any Error>

    private let clients: [(id: Int, client: ExperimentClient)]
    private let shared: SharedParts

    /// Clients that have not joined yet.
    /// - Parameters:
    ///   - configurations: one for each, with its id.
    ///   - cores: how many clients of this machine may train at once, over all processes.
    ///   - hasOwnData: whether their data may be others than the server's.
    ///   - stateFolder: where they keep what their updates leave for the next round; nil for the usual one.
    ///   - onEvent: told what happens to which client, on any thread.
    public init(
        _ configurations: [ClientConfiguration], cores: Int = availableProcessorCount(),
        hasOwnData: Bool = false, stateFolder: String? = nil,
        onEvent: @escaping @Sendable (_ client: Int, ExperimentClient.Event) -> Void = { _, _ in }
    ) {
        let shared = SharedParts(threads: max(1, min(cores, configurations.count)))
        self.shared = shared
        clients = configurations.map { configuration in
            let id = configuration.client
            return (
                id,
                ExperimentClient(
                    configuration, cores: cores, hasOwnData: hasOwnData, stateFolder: stateFolder,
                    shared: shared, onEvent: { onEvent(id, $0) })
            )
        }
    }

    /// Takes part until the run is over for each, or this task is cancelled, which has all of them leave it.
    ///
    /// A client that cannot go on ends alone, as a process of its own would.
    /// - Parameters:
    ///   - data: the data for a run, of which it is told as much as clients are; asked for once a run.
    ///   - onEnd: told how each has ended, as soon as it has.
    /// - Returns: what became of each, by id.
    public func run(
        data: @escaping @Sendable (RunSpec) throws -> RunData,
        onEnd: @escaping @Sendable (_ client: Int, Ending) -> Void = { _, _ in }
    ) async -> [Int: Ending] {
        defer { shared.close() }
        return await withTaskGroup(of: (Int, Ending).self) { group in
            for (id, client) in clients {
                group.addTask {
                    let ending: Ending
                    do {
                        ending = .success(try await client.run(data: data))
                    } catch {
                        ending = .failure(error)
                    }
                    onEnd(id, ending)
                    return (id, ending)
                }
            }
            var endings: [Int: Ending] = [:]
            for await (id, ending) in group { endings[id] = ending }
            return endings
        }
    }
}
