import NeuralNetworks
import Parameters
import Tensors

/// What momentum and the other terms of local optimisers cost beside plain SGD.
package struct OptimizerBenchmark {
    package let bench: Benchmark
    package let batch: Int

    package init(bench: Benchmark, batch: Int) {
        self.bench = bench
        self.batch = batch
    }

    /// Images a second of one optimiser, over all threads.
    package struct Row: Encodable {
        package var optimizer: String
        package var threads: Int
        package var training: Double
        /// Median over repeats of the speed ÷ plain SGD's in the same repeat.
        package var toPlain: Double
    }

    package struct Report: Encodable {
        package var model: String
        package var engine: String
        package var cpu: String
        package var simd: String
        package var batchSize: Int
        package var repeats: Int
        package var rows: [Row]
    }

    private struct Setting {
        let name: String
        let optimizer: LocalOptimizer
        var isCorrected = false
    }

    /// Plain SGD first.
    private static let settings = [
        Setting(name: "plain SGD", optimizer: LocalOptimizer(learningRate: 0.01)),
        Setting(name: "momentum", optimizer: LocalOptimizer(learningRate: 0.01, momentum: 0.9)),
        Setting(
            name: "weight decay", optimizer: LocalOptimizer(learningRate: 0.01, weightDecay: 1e-4)),
        Setting(name: "proximal", optimizer: LocalOptimizer(learningRate: 0.01, proximal: 0.01)),
        Setting(
            name: "momentum + proximal",
            optimizer: LocalOptimizer(learningRate: 0.01, momentum: 0.9, proximal: 0.01)),
        Setting(
            name: "correction", optimizer: LocalOptimizer(learningRate: 0.01), isCorrected: true),
        Setting(
            name: "momentum + correction",
            optimizer: LocalOptimizer(learningRate: 0.01, momentum: 0.9), isCorrected: true),
        Setting(
            name: "clipping", optimizer: LocalOptimizer(learningRate: 0.01, gradientClip: 10)),
        Setting(
            name: "Nesterov",
            optimizer: LocalOptimizer(learningRate: 0.01, momentum: 0.9, nesterov: true)),
        Setting(name: "Adam", optimizer: LocalOptimizer(.adam, learningRate: 0.0001)),
    ]

    /// Every optimiser in turn, in each repeat, all from the same model.
    package func measure(progress: (String) -> Void) -> Report {
        let workers = (0..<bench.threads).map { _ in
            BenchWorker(
                bench.architecture, engine: bench.engine, batch: batch, images: bench.images)
        }
        let correction = ParameterVector(count: bench.architecture.parameterCount) { target in
            for index in target.indices { target[index] = index % 2 == 0 ? 1e-4 : -1e-4 }
        }
        let threadCounts = bench.threads > 1 ? [1, bench.threads] : [1]
        var rates = [[[Double]]](
            repeating: [[Double]](repeating: [], count: threadCounts.count),
            count: Self.settings.count)
        // The first repeat warms up and does not count.
        for round in 0...bench.repeats {
            for (index, setting) in Self.settings.enumerated() {
                progress("repeat \(round) of \(bench.repeats), \(setting.name)")
                for (column, threads) in threadCounts.enumerated() {
                    for worker in workers.prefix(threads) {
                        worker.begin(
                            setting.optimizer,
                            correction: setting.isCorrected ? correction : nil)
                    }
                    let rate = Benchmark.rate(threads: threads, seconds: bench.seconds) {
                        workers[$0].train()
                    }
                    if round > 0 { rates[index][column].append(rate) }
                }
            }
        }
        let rows = Self.settings.enumerated().flatMap { index, setting in
            threadCounts.enumerated().map { column, threads in
                Row(
                    optimizer: setting.name, threads: threads,
                    training: rates[index][column].median,
                    toPlain: zip(rates[index][column], rates[0][column]).map { $0 / $1 }.median)
            }
        }
        return Report(
            model: bench.model.name, engine: bench.engine.rawValue, cpu: Machine.cpuName,
            simd: SIMDLevel.current.description, batchSize: batch, repeats: bench.repeats,
            rows: rows)
    }
}
