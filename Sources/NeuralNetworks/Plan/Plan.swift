import CKernels
import Tensors

/// Which operations a plan is made of.
public enum Engine: String, CaseIterable, Sendable, Codable {
    /// One operation a layer: im2col and OpenBLAS's matrix products. The oracle of the other.
    case plain
    /// Layers joined into operations that skip what is zero or repeated; plain ones for the rest.
    case fused
}

/// An architecture compiled for a batch size: its operations and one arena of scratch memory.
///
/// A worker owns a plan and lends it to one client after the other, which loads its model into it.
/// Nothing is allocated when a batch goes through. Not for use from two threads at once.
public final class Plan {
    /// What batches go through a plan for.
    public enum Purpose: Sendable {
        /// Forward and backward, with dropout.
        case training
        /// Forward only; dropout is left out.
        case inference
    }

    public let architecture: Architecture
    /// The largest batch that fits.
    public let batchSize: Int
    public let purpose: Purpose
    public let engine: Engine
    /// Where the caller puts a batch's samples, [N][H][W][C] or [N][F].
    public let images: UnsafeMutablePointer<Float>
    /// Where the caller puts a batch's labels, [N], each below the class count.
    public let labels: UnsafeMutablePointer<UInt8>
    /// What each operation has cost so far, if asked for by `startProfile()`.
    public private(set) var profile: [OperationProfile]?

    let operations: [any Operation]
    private let arena: Arena
    private let output: Activations
    /// The model's parameters, in the order of `Operation.pack`.
    private let packed: ArenaRegion
    /// What they are a copy of; nil once they have been trained.
    private var loaded: ParameterVector?

    public init(
        _ architecture: Architecture, batchSize: Int, purpose: Purpose, engine: Engine = .fused
    ) {
        precondition(batchSize > 0, "a plan's batch size must be at least 1, not \(batchSize)")
        self.architecture = architecture
        self.batchSize = batchSize
        self.purpose = purpose
        self.engine = engine
        var compiler = PlanCompiler(
            architecture, batchSize: batchSize, purpose: purpose, engine: engine)
        let input = compiler.current.values
        compiler.compile()
        operations = compiler.operations
        output = compiler.current
        let labelRegion = compiler.arena.reserve((batchSize + 3) / 4)
        packed = compiler.arena.reserve(architecture.parameterCount)
        arena = Arena(compiler.arena)
        images = arena[input]
        labels = UnsafeMutableRawPointer(arena[labelRegion]).assumingMemoryBound(to: UInt8.self)
    }

    /// The last batch's logits, [N][classes].
    public var logits: UnsafePointer<Float> { UnsafePointer(arena[output.values]) }

    /// Floating-point operations of each operation's forward pass on one sample, a multiplication
    /// and an addition being two, as if every product were computed.
    public var flopsPerSample: [Int] { operations.map(\.flopsPerSample) }

    /// Takes a copy of a model's parameters; costs nothing if the plan has them already.
    /// - Precondition: `model` has the architecture's parameter count.
    public func load(_ model: ParameterVector) {
        precondition(
            model.count == architecture.parameterCount,
            "\(model.count) parameters for a plan that has \(architecture.parameterCount)")
        if let loaded, loaded.isIdentical(to: model) { return }
        let to = arena[packed]
        model.withUnsafeBufferPointer { from in
            to.update(from: from.baseAddress!, count: from.count)
            for operation in operations { operation.pack(from.baseAddress!, into: to) }
        }
        loaded = model
    }

    /// The model's parameters as they are now.
    public func parameters() -> ParameterVector { loaded ?? unpacked(arena[packed]) }

    private func unpacked(_ from: UnsafePointer<Float>) -> ParameterVector {
        ParameterVector(count: architecture.parameterCount) { to in
            to.baseAddress!.update(from: from, count: to.count)
            for operation in operations { operation.unpack(from, into: to.baseAddress!) }
        }
    }

    /// Computes the loaded model's logits of the first `count` samples of `images`.
    ///
    /// A plan for training drops units by the random numbers that `dropout` and `step` name.
    public func forward(count: Int, dropout: RandomKey = Plan.noDropout, step: Int = 0) {
        forward(
            Pass(
                arena: arena, parameters: arena[packed], count: count, dropout: dropout,
                step: step))
    }

    private func forward(_ pass: Pass) {
        precondition(
            pass.count > 0 && pass.count <= batchSize,
            "\(pass.count) samples in a plan for \(batchSize)")
        for index in operations.indices {
            measured(index, \.forwardSeconds) { operations[index].forward(pass) }
        }
    }

    /// The loaded model's loss and hits on the first `count` samples of `images` and `labels`.
    public func evaluate(count: Int) -> BatchResult {
        forward(count: count)
        var result = BatchResult(count: count)
        result.lossSum = ck_softmax_cross_entropy(
            logits, labels, count, architecture.classCount, 1, nil, &result.correct)
        return result
    }

    /// The gradient of the loaded model's mean loss over the first `count` samples, laid out as the
    /// parameters are.
    ///
    /// `dropout` and `step` say which random numbers drop units: every step of a stream has its own.
    /// - Precondition: the plan is for training.
    public func gradient(
        count: Int, dropout: RandomKey, step: Int
    ) -> (result: BatchResult, gradient: ParameterVector) {
        var sum = ParameterVector(zeros: architecture.parameterCount)
        return sum.withUnsafeMutableBufferPointer {
            let result = backward(
                Pass(
                    arena: arena, parameters: arena[packed], target: $0.baseAddress!, scale: 1,
                    count: count, dropout: dropout, step: step))
            return (result, unpacked($0.baseAddress!))
        }
    }

    /// One step of stochastic gradient descent on the loaded model: w ← w − η ∇(mean loss of the
    /// batch).
    /// - Returns: the batch's loss and hits before the step.
    /// - Precondition: the plan is for training.
    public func trainStep(
        count: Int, learningRate: Float, dropout: RandomKey, step: Int
    ) -> BatchResult {
        loaded = nil
        return backward(
            Pass(
                arena: arena, parameters: arena[packed], target: arena[packed],
                scale: -learningRate, count: count, dropout: dropout, step: step))
    }

    /// Forward, loss and backward of one batch.
    private func backward(_ pass: Pass) -> BatchResult {
        guard let outputGradient = output.gradient else {
            preconditionFailure("a plan for inference has no gradient")
        }
        forward(pass)
        var result = BatchResult(count: pass.count)
        result.lossSum = ck_softmax_cross_entropy(
            logits, labels, pass.count, architecture.classCount, 1 / Float(pass.count),
            arena[outputGradient], &result.correct)
        for index in operations.indices.reversed() {
            measured(index, \.backwardSeconds) { operations[index].backward(pass) }
        }
        return result
    }

    /// A key for passes in which nothing is dropped.
    public static let noDropout = RandomKey(seed: 0, purpose: .dropout)

    /// Measures every operation from now on; backward includes the parameters' step.
    public func startProfile() {
        profile = operations.enumerated().map { index, operation in
            OperationProfile(
                name: operation.name, flopsPerSample: operation.flopsPerSample,
                isFirst: index == 0, parameterBytes: 4 * operation.parameterCount,
                bytesPerSample: 8 * operation.activationCount)
        }
    }

    @inline(__always)
    private func measured(
        _ index: Int, _ part: WritableKeyPath<OperationProfile, Double>, _ body: () -> Void
    ) {
        guard profile != nil else { return body() }
        let start = MonotonicClock.seconds()
        body()
        profile?[index][keyPath: part] += MonotonicClock.seconds() - start
    }
}

/// Loss and hits of one batch.
public struct BatchResult: Sendable {
    /// Samples in the batch.
    public var count: Int
    /// Sum of the samples' cross-entropies in nats.
    public var lossSum: Double = 0
    /// Samples whose largest logit was their label's.
    public var correct: Int64 = 0

    public init(count: Int) {
        self.count = count
    }
}

/// Time that one operation of a plan has taken.
public struct OperationProfile: Sendable {
    public let name: String
    /// Floating-point operations of one sample's forward pass, every product counted.
    public let flopsPerSample: Int
    /// Whether its input is the network's, whose gradient nobody asks for.
    public let isFirst: Bool
    /// Bytes of its parameters: read forward and backward, written backward.
    public let parameterBytes: Int
    /// Bytes of a sample's inputs and outputs and of their gradients.
    public let bytesPerSample: Int
    public var forwardSeconds: Double = 0
    public var backwardSeconds: Double = 0
}
