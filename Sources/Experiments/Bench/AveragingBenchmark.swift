import Federation
import Foundation
import NeuralNetworks
import Platform
import Tensors

/// What a round costs besides training and evaluation: averaging, and the log.
package struct AveragingBenchmark {
    package let architecture: Architecture
    package let clients: Int
    package let threads: Int
    package let repeats: Int

    package init(architecture: Architecture, clients: Int, threads: Int, repeats: Int) {
        self.architecture = architecture
        self.clients = clients
        self.threads = threads
        self.repeats = repeats
    }

    /// Medians over interleaved repeats, in seconds.
    package struct Figures: Encodable {
        package var clients: Int
        package var parameters: Int
        package var threads: Int
        package var plainSumSeconds: Double
        package var foldSeconds: Double
        package var meanSeconds: Double
        package var logBytes: Int
        package var logWriteSeconds: Double
        package var logReadSeconds: Double

        package var bytes: Double { Double(clients * parameters * 4) }
    }

    /// Folds all clients' vectors, from memory and far more than fits a cache, into the exact sum;
    /// adds up the same bytes plainly; writes a log with the final weights, and reads it back.
    package func measure() throws -> Figures {
        let updates = (0..<clients).map { client in
            ModelUpdate(
                client: client, round: 1, sampleCount: 600 + client,
                parameters: architecture.initialParameters(seed: UInt64(client)))
        }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("federated-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var seconds = [[Double]](repeating: [], count: 5)
        func timed<Result>(_ index: Int, _ body: () throws -> Result) rethrows -> Result {
            let start = MonotonicClock.seconds()
            let result = try body()
            seconds[index].append(MonotonicClock.seconds() - start)
            return result
        }
        var logBytes = 0
        for _ in 0..<repeats {
            _ = timed(0) { MemoryBandwidth.sum(updates.map(\.parameters), threads: threads) }
            var sum = ExactAccumulator(layout: architecture.layout)
            try timed(1) { try sum.add(contentsOf: updates, threads: threads) }
            let mean = try timed(2) { try sum.mean() }
            var log = RunLog(clientNumber: clients, experiment: 1, maxRound: 1)
            log.finalWeight = .nested(mean, layout: architecture.layout)
            let file = try timed(3) {
                try LogDirectory(folder).claim(at: Date()).write(log)
            }
            logBytes = try Data(contentsOf: file).count
            _ = try timed(4) { try RunLog(contentsOf: file) }
        }
        return Figures(
            clients: clients, parameters: architecture.parameterCount, threads: threads,
            plainSumSeconds: seconds[0].median, foldSeconds: seconds[1].median,
            meanSeconds: seconds[2].median, logBytes: logBytes, logWriteSeconds: seconds[3].median,
            logReadSeconds: seconds[4].median)
    }
}
