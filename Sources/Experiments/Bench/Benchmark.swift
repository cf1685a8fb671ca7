import Datasets
import NeuralNetworks
import Parameters
import Platform
import Tensors

/// The measurements of `federated bench`.
package struct Benchmark {
    package let model: ModelChoice
    package let architecture: Architecture
    package let engine: Engine
    package let batchSizes: [Int]
    package let threads: Int
    package let repeats: Int
    /// How long one measurement lasts.
    package let seconds: Double
    package let images: Samples

    package init(
        model: ModelChoice, engine: Engine, input: FeatureShape = Self.digitShape,
        batchSizes: [Int], threads: Int, repeats: Int, seconds: Double
    ) throws {
        self.engine = engine
        self.model = model
        self.batchSizes = batchSizes
        self.threads = threads
        self.repeats = repeats
        self.seconds = seconds
        images = try Self.images(input, threads: threads)
        architecture = try model.architecture(input: input)
    }

    /// That of MNIST's images.
    package static let digitShape = FeatureShape.image(height: 28, width: 28, channels: 1)

    /// Generated digits, or noise in which no pixel is blank, as few in a photograph are.
    private static func images(_ shape: FeatureShape, threads: Int) throws -> Samples {
        guard shape != digitShape, case .image(let height, let width, let channels) = shape else {
            return GeneratedDigits.dataset(trainCount: 2000, testCount: 10, threads: threads).train
        }
        let count = min(2000, max(200, 10_000_000 / shape.count))
        var random = RandomStream(RandomKey(seed: 1, purpose: .benchmark, index: 1))
        return try Samples(
            pixels: (0..<count * shape.count).map { _ in UInt8(1 + random.next(below: 255)) },
            labels: (0..<count).map { $0 % 10 }, height: height, width: width, channels: channels)
    }

    /// Floating-point operations of a training image: forward, and backward to kernels and inputs,
    /// except to the input of the first layer.
    package var trainingFlops: Double {
        let layers = Plan(architecture, batchSize: 1, purpose: .inference).flopsPerSample
        return Double(3 * layers.reduce(0, +) - (layers.first { $0 > 0 } ?? 0))
    }

    /// What is measured, as names and what they are.
    package var facts: [(name: String, value: String)] {
        [
            ("machine", "\(Machine.description), \(threads) threads"),
            (
                "model",
                "\(model.name), \(Text.count(architecture.parameterCount)) parameters, "
                    + "\(Text.fixed(trainingFlops / 1e6, 1)) MFLOP a training image, "
                    + "\(engine.rawValue) engine"
            ),
            (
                "data",
                "\(Text.count(images.count)) generated "
                    + (architecture.input == Self.digitShape
                        ? "digits" : "images of \(architecture.input), all noise")
                    + "; medians of \(repeats) interleaved "
                    + "repeats"
            ),
        ]
    }

    /// What one repeat measures.
    private enum Task: Hashable {
        case peak(threads: Int)
        case training(batch: Int, threads: Int)
        case evaluation(batch: Int, threads: Int)
    }

    package func measure(progress: (String) -> Void) -> BenchReport {
        let threadCounts = threads > 1 ? [1, threads] : [1]
        var tasks: [Task] = threadCounts.map { .peak(threads: $0) }
        for batch in batchSizes {
            for threads in threadCounts {
                tasks.append(.training(batch: batch, threads: threads))
                tasks.append(.evaluation(batch: batch, threads: threads))
            }
        }
        let plans = batchSizes.map { batch in
            (0..<threads).map { _ in
                BenchWorker(architecture, engine: engine, batch: batch, images: images)
            }
        }
        var values: [Task: [Double]] = [:]
        // The first repeat warms up and does not count.
        for round in 0...repeats {
            for (index, task) in tasks.enumerated() {
                progress(
                    "repeat \(round) of \(repeats), measurement \(index + 1) of \(tasks.count)")
                let value = run(task, plans)
                if round > 0 { values[task, default: []].append(value) }
            }
        }
        func median(_ task: Task) -> Double { (values[task] ?? [0]).median }
        let rows = batchSizes.flatMap { batch in
            threadCounts.map { threads in
                BenchReport.Row(
                    batchSize: batch, threads: threads,
                    training: median(.training(batch: batch, threads: threads)),
                    evaluation: median(.evaluation(batch: batch, threads: threads)),
                    trainingToDenseLimit: median(.training(batch: batch, threads: threads))
                        / (median(.peak(threads: threads)) / trainingFlops))
            }
        }
        progress("operations")
        let operations = profile(plans[0][0])
        return BenchReport(
            model: model.name, engine: engine.rawValue, cpu: Machine.cpuName,
            blasCore: BLAS.coreName,
            simd: SIMDLevel.current.description, trainingFlops: trainingFlops, repeats: repeats,
            sgemmPeak: threadCounts.map { .init(threads: $0, flops: median(.peak(threads: $0))) },
            speeds: rows, operationBatchSize: batchSizes[0], operations: operations,
            randomNumbersShare: randomNumbersMilliseconds()
                / operations.reduce(0) { $0 + $1.forwardMilliseconds + $1.backwardMilliseconds })
    }

    private func run(_ task: Task, _ workers: [[BenchWorker]]) -> Double {
        switch task {
        case .peak(let threads):
            return SgemmPeak.measure(threads: threads, seconds: seconds)
        case .training(let batch, let threads), .evaluation(let batch, let threads):
            let index = batchSizes.firstIndex(of: batch) ?? 0
            let isTraining = if case .training = task { true } else { false }
            return Self.rate(threads: threads, seconds: seconds) { thread in
                isTraining ? workers[index][thread].train() : workers[index][thread].evaluate()
            }
        }
    }

    /// Units a second of work that `threads` threads do at once for `seconds`.
    package static func rate(
        threads: Int, seconds: Double, _ unit: @Sendable (_ thread: Int) -> Double
    ) -> Double {
        let rates = RateTable(threads)
        let start = MonotonicClock.seconds()
        parallelFor(count: threads, threads: threads) { _, thread in
            var done = 0.0
            var now = start
            repeat {
                done += unit(thread)
                now = MonotonicClock.seconds()
            } while now - start < seconds
            rates[thread] = done / (now - start)
        }
        return rates.sum
    }

    /// Dense operations of a step: forward, and backward to kernel and input.
    private static func flops(_ profile: OperationProfile, batch: Int) -> Double {
        Double((profile.isFirst ? 2 : 3) * profile.flopsPerSample * batch)
    }

    /// What it costs to draw the random numbers of a step at the first batch size.
    private func randomNumbersMilliseconds() -> Double {
        let batch = batchSizes[0]
        let key = RandomKey(seed: 1, purpose: .dropout)
        let layers: [(count: Int, keep: Double)] = architecture.layers.enumerated().compactMap {
            guard let dropout = $1.base as? Dropout else { return nil }
            return (batch * architecture.shapes[$0].count, 1 - dropout.rate)
        }
        let words = layers.map { KeepMask.wordCount($0.count) }.max() ?? 0
        var mask = [UInt64](repeating: 0, count: words)
        var shuffling = RandomStream(RandomKey(seed: 1, purpose: .shuffling))
        var order = Array(0..<Int32(batch))
        let start = MonotonicClock.seconds()
        var steps: UInt32 = 0
        repeat {
            for layer in layers {
                KeepMask.fill(&mask, count: layer.count, keep: layer.keep, key: key, block: steps)
            }
            shuffling.shuffle(&order)
            steps += 1
        } while MonotonicClock.seconds() - start < seconds
        return (MonotonicClock.seconds() - start) / Double(steps) * 1e3
    }

    private func profile(_ worker: BenchWorker) -> [BenchReport.Operation] {
        worker.training.startProfile()
        let start = MonotonicClock.seconds()
        var steps = 0
        repeat {
            _ = worker.train()
            steps += 1
        } while MonotonicClock.seconds() - start < 2 * seconds
        let milliseconds = 1e3 / Double(steps)
        let profile = worker.training.profile ?? []
        let total = profile.reduce(0) { $0 + $1.forwardSeconds + $1.backwardSeconds }
        return profile.map {
            BenchReport.Operation(
                name: $0.name, forwardMilliseconds: $0.forwardSeconds * milliseconds,
                backwardMilliseconds: $0.backwardSeconds * milliseconds,
                share: ($0.forwardSeconds + $0.backwardSeconds) / total,
                denseFlops: Self.flops($0, batch: batchSizes[0]) * Double(steps)
                    / ($0.forwardSeconds + $0.backwardSeconds),
                bytesPerSecond: Double($0.bytesPerSample * batchSizes[0] + 3 * $0.parameterBytes)
                    * Double(steps) / ($0.forwardSeconds + $0.backwardSeconds))
        }
    }
}

/// One thread's model and plans; used by one thread at a time.
package final class BenchWorker: @unchecked Sendable {
    package let training: Plan
    private let inference: Plan
    private let start: ParameterVector
    private let images: Samples
    private let batch: Int
    private var order: [Int32]
    private var position = 0
    private var step = 0

    package init(
        _ architecture: Architecture, engine: Engine, batch: Int, images: Samples
    ) {
        training = Plan(architecture, batchSize: batch, purpose: .training, engine: engine)
        inference = Plan(architecture, batchSize: batch, purpose: .inference, engine: engine)
        start = architecture.initialParameters(seed: 1)
        inference.load(start)
        self.images = images
        self.batch = batch
        order = (0..<Int32(images.count)).map { $0 }
        var random = RandomStream(RandomKey(seed: 1, purpose: .benchmark))
        random.shuffle(&order)
        begin(LocalOptimizer(learningRate: 0.01))
    }

    /// Starts training anew.
    package func begin(_ optimizer: LocalOptimizer, correction: ParameterVector? = nil) {
        training.load(start)
        training.begin(optimizer, correction: correction)
    }

    /// One step; returns its images.
    package func train() -> Double {
        copy(to: training)
        let key = RandomKey(seed: 1, purpose: .dropout)
        _ = training.trainStep(count: batch, dropout: key, step: step)
        step += 1
        return Double(batch)
    }

    /// One batch; returns its images.
    package func evaluate() -> Double {
        copy(to: inference)
        _ = inference.evaluate(count: batch)
        return Double(batch)
    }

    private func copy(to plan: Plan) {
        if position + batch > order.count { position = 0 }
        let end = min(position + batch, order.count)
        images.copyBatch(order[position..<end], to: plan.places)
        position = end
    }
}

/// OpenBLAS's peak on a square product that fits the second-level cache in blocks.
package enum SgemmPeak {
    private static let side = 768

    /// Floating-point operations a second of `threads` independent products.
    package static func measure(threads: Int, seconds: Double) -> Double {
        let matrices = (0..<threads).map { _ in
            (0..<3).map { _ in ParameterVector([Float](repeating: 0.5, count: side * side)) }
        }
        return Benchmark.rate(threads: threads, seconds: seconds) { thread in
            let (a, b) = (matrices[thread][0], matrices[thread][1])
            var c = matrices[thread][2]
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    c.withUnsafeMutableBufferPointer { c in
                        for _ in 0..<4 {
                            BLAS.multiply(
                                .plain(a.baseAddress!), .plain(b.baseAddress!),
                                into: c.baseAddress!, m: side, n: side, k: side)
                        }
                    }
                }
            }
            return 4 * 2 * Double(side * side * side)
        }
    }
}

/// A number for each thread; each writes its own.
private final class RateTable: @unchecked Sendable {
    private let base: UnsafeMutableBufferPointer<Double>

    init(_ threads: Int) {
        base = .allocate(capacity: threads)
        base.initialize(repeating: 0)
    }

    deinit { base.deallocate() }

    subscript(thread: Int) -> Double {
        get { base[thread] }
        set { base[thread] = newValue }
    }

    var sum: Double { base.reduce(0, +) }
}

extension [Double] {
    /// The middle value, or the mean of the two middle ones; 0 for none.
    package var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        let middle = count / 2
        return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
