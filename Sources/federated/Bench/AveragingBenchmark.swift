import Federation
import Foundation
import NeuralNetworks
import Platform
import Tensors

/// What a round costs besides training and evaluation: averaging, and the log.
struct AveragingBenchmark {
    let architecture: Architecture
    let clients: Int
    let threads: Int
    let repeats: Int

    /// Medians over interleaved repeats, in seconds.
    struct Figures: Encodable {
        var clients: Int
        var parameters: Int
        var threads: Int
        var plainSumSeconds: Double
        var foldSeconds: Double
        var meanSeconds: Double
        var logBytes: Int
        var logWriteSeconds: Double
        var logReadSeconds: Double

        var bytes: Double { Double(clients * parameters * 4) }
    }

    /// Folds all clients' vectors, from memory and far more than fits a cache, into the exact sum;
    /// adds up the same bytes plainly; writes a log with the final weights, and reads it back.
    func measure() throws -> Figures {
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

extension AveragingBenchmark.Figures {
    /// The lines that people read.
    var lines: [String] {
        func rate(_ seconds: Double) -> String { Text.fixed(bytes / seconds / 1e9, 1) + " GB/s" }
        func milliseconds(_ seconds: Double) -> String { Text.fixed(seconds * 1e3, 1) + " ms" }
        return [
            "  \(Text.count(clients)) updates of \(Text.count(parameters)) parameters, "
                + "\(Text.plural(threads, "thread"))",
            "  plain sum         \(milliseconds(plainSumSeconds)), \(rate(plainSumSeconds))",
            "  exact fold        \(milliseconds(foldSeconds)), \(rate(foldSeconds)), "
                + "\(Text.fixed(plainSumSeconds / foldSeconds, 2)) of the plain sum",
            "  mean, once        \(milliseconds(meanSeconds))",
            "  log written       \(milliseconds(logWriteSeconds)), "
                + "\(Text.fixed(Double(logBytes) / 1e6, 1)) MB with the final weight",
            "  log read back     \(milliseconds(logReadSeconds))",
        ]
    }
}
