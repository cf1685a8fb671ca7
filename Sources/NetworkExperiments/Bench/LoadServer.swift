import Experiments
import FederationServer
import Platform

/// A server of a run that does nothing, for load from another process: `Scripts/check/load_server.py`.
package struct LoadServer {
    package let run: NoOpRun

    package init(run: NoOpRun) { self.run = run }

    /// Serves until Ctrl-C or SIGTERM.
    /// - Parameter announce: told in a line of JSON where the server is and what it serves.
    package func serve(announce: @escaping @Sendable (String) -> Void) throws {
        var limits = ServerLimits(parameterCount: run.layout.count)
        limits.connections = run.clients + 1000
        var configuration = ServerConfiguration(limits: limits, version: LibraryVersion.text)
        configuration.port = 0
        // Clients that only upload send no heartbeats.
        configuration.timing.silenceSeconds = 3600
        configuration.timing.disconnectionSeconds = 3600
        let server = try FederationServer(
            configuration, run: run.served(), makeRun: { [run] _ in run.served() },
            report: { _ in })
        let interruption = Interruption { server.stop() }
        defer { interruption.end() }
        Task.detached { [run] in
            guard let port = await server.port else { return }
            announce(
                """
                {"port": \(port), "run": "\(NoOpRun.name)", \
                "architecture": "\(NoOpRun.architecture)", "parameters": \(run.layout.count)}
                """)
        }
        try waitFor { try await server.run() }
    }
}
