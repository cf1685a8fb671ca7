import CKernels
import Parameters
import Platform
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
///
/// Numbers below 2⁻¹²⁶ in magnitude count as zero in all that a plan computes, on whatever thread that
/// is: parameters that weight decay drives there would make every product ten times slower.
public final class Plan {
    /// What batches go through a plan for.
    public enum Purpose: Sendable {
        /// Forward and backward, with dropout.
        case training
        /// Forward only; dropout is left out.
        case inference
    }

    /// What it is compiled from.
    public let architecture: Architecture
    /// The largest batch that fits.
    public let batchSize: Int
    /// What batches go through it for.
    public let purpose: Purpose
    /// Which operations it is made of.
    public let engine: Engine
    /// Where the caller puts a batch's samples, [N][H][W][C] or [N][F].
    public let images: UnsafeMutablePointer<Float>
    /// Where the caller puts a batch's labels, [N], each below the class count.
    public let labels: UnsafeMutablePointer<Int32>
    /// Where the caller puts what the outputs should be, [N][outputs]; nil where labels say it all, as
    /// with softmax cross-entropy.
    public let targets: UnsafeMutablePointer<Float>?
    /// What is minimised.
    public let loss: Loss
    /// What each operation has cost so far, if asked for by `startProfile()`.
    public private(set) var profile: [OperationProfile]?

    package let operations: [any Operation]
    package let arena: Arena
    /// How many samples go through the operations at once: larger batches do so in parts, whose
    /// activations stay in the cache and whose gradients are added up.
    package let partSize: Int
    private let input: ArenaRegion
    private let output: Activations
    /// Logits of a whole batch; nil where a batch is one part.
    private let wholeLogits: ArenaRegion?
    /// The model's parameters, in the order of `Operation.pack`.
    let packed: ArenaRegion
    /// What they are a copy of; nil once they have been trained.
    var loaded: ParameterVector?
    /// What `begin` was told, and its terms beside the gradient; nil for none.
    var optimizer: LocalOptimizer?
    var step: ck_step?
    var scratch: OptimizerScratch
    /// The parameters that no operation steps itself, and all of them.
    let rangesSteppedLater: [Range<Int>]
    let wholeRange: [Range<Int>]
    /// The parameters that no operation packs.
    private let rangesAsTheyAre: [Range<Int>]

    /// Compiles an architecture, and allocates all that batches of that size need.
    /// - Precondition: the batch size is at least 1.
    public init(
        _ architecture: Architecture, batchSize: Int, purpose: Purpose, engine: Engine = .fused,
        loss: Loss = .softmaxCrossEntropy
    ) {
        precondition(batchSize > 0, "a plan's batch size must be at least 1, not \(batchSize)")
        self.architecture = architecture
        self.batchSize = batchSize
        self.purpose = purpose
        self.engine = engine
        self.loss = loss
        partSize = Self.partSize(architecture, batchSize: batchSize)
        var compiler = PlanCompiler(
            architecture, batchSize: partSize, purpose: purpose, engine: engine)
        input = compiler.current.values
        compiler.compile()
        operations = compiler.operations
        output = compiler.current
        var imageRegion = input
        if batchSize > partSize {
            imageRegion = compiler.arena.reserve(batchSize * architecture.input.count)
            wholeLogits = compiler.arena.reserve(batchSize * architecture.classCount)
        } else {
            wholeLogits = nil
        }
        scratch = OptimizerScratch(count: architecture.parameterCount)
        // Statistics are no optimiser's: layers write them.
        let (count, statistics) = (architecture.parameterCount, architecture.statistics)
        rangesSteppedLater = Self.ranges(
            outside: operations.compactMap(\.steppedRange) + statistics, of: count)
        wholeRange = Self.ranges(outside: statistics, of: count)
        rangesAsTheyAre = Self.ranges(outside: operations.compactMap(\.packedRange), of: count)
        let labelRegion = compiler.arena.reserve(batchSize)
        let targetRegion =
            loss.kind == .softmaxCrossEntropy
            ? nil : compiler.arena.reserve(batchSize * architecture.classCount)
        packed = compiler.arena.reserve(architecture.parameterCount)
        arena = Arena(compiler.arena)
        images = arena[imageRegion]
        labels = UnsafeMutableRawPointer(arena[labelRegion]).assumingMemoryBound(to: Int32.self)
        targets = targetRegion.map { [arena] in arena[$0] }
    }

    /// More samples at once gain nothing: kernels are read often enough, and activations fill the
    /// second-level cache.
    package static let largestPart = 32
    /// What all layers make of a part, in Floats, stays in the third-level cache until the backward pass
    /// reads it again.
    private static let largestPartFloats = 5_500_000

    /// Samples that go through at once: the whole batch where a layer mixes samples.
    package static func partSize(_ architecture: Architecture, batchSize: Int) -> Int {
        if architecture.mixesSamples { return batchSize }
        let fitting = largestPartFloats / max(1, architecture.activationCount)
        guard fitting < min(batchSize, largestPart) else { return min(batchSize, largestPart) }
        // Parts that are alike.
        let parts = (batchSize + max(1, fitting) - 1) / max(1, fitting)
        return (batchSize + parts - 1) / parts
    }

    /// The last batch's logits, [N][classes].
    public var logits: UnsafePointer<Float> { UnsafePointer(arena[wholeLogits ?? output.values]) }

    /// Floating-point operations of each operation's forward pass on one sample, a multiplication
    /// and an addition being two, as if every product were computed.
    public var flopsPerSample: [Int] { operations.map(\.flopsPerSample) }

    /// Takes a copy of a model's parameters; costs nothing if the plan has them already.
    /// - Precondition: `model` has the architecture's parameter count.
    public func load(_ model: ParameterVector) {
        precondition(
            model.count == architecture.parameterCount,
            "\(model.count) parameters for a plan that has \(architecture.parameterCount)")
        optimizer = nil
        if let loaded, loaded.isIdentical(to: model) { return }
        pack(model, into: arena[packed])
        loaded = model
    }

    func pack(_ vector: ParameterVector, into to: UnsafeMutablePointer<Float>) {
        vector.withUnsafeBufferPointer { from in
            copyAsTheyAre(from.baseAddress!, to)
            for operation in operations { operation.pack(from.baseAddress!, into: to) }
        }
    }

    /// The model's parameters as they are now.
    public func parameters() -> ParameterVector { loaded ?? unpacked(arena[packed]) }

    private func unpacked(_ from: UnsafePointer<Float>) -> ParameterVector {
        ParameterVector(unsafeUninitializedCount: architecture.parameterCount) { to in
            copyAsTheyAre(from, to.baseAddress!)
            for operation in operations { operation.unpack(from, into: to.baseAddress!) }
        }
    }

    /// Copies what lies alike in both orders.
    private func copyAsTheyAre(
        _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>
    ) {
        for range in rangesAsTheyAre {
            (to + range.lowerBound).update(from: from + range.lowerBound, count: range.count)
        }
    }

    /// Computes the loaded model's logits of the first `count` samples of `images`.
    ///
    /// A plan for training drops units by the random numbers that `dropout` and `step` name.
    public func forward(count: Int, dropout: RandomKey = Plan.noDropout, step: Int = 0) {
        var pass = pass(count, dropout, step)
        pass.keepsStatistics = true
        Denormals.flushed { [pass] in eachPart(of: pass) { part, _ in forward(part) } }
    }

    /// The loaded model's loss and hits on the first `count` samples of `images` and `labels`.
    public func evaluate(count: Int) -> BatchResult {
        Denormals.flushed {
            forward(count: count)
            var result = BatchResult(count: count)
            loss.add(
                to: &result, logits: logits, labels: labels, targets: targets, count: count,
                outputs: architecture.classCount, scale: 1, gradient: nil)
            return result
        }
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
            var pass = pass(count, dropout, step)
            pass.target = $0.baseAddress!
            pass.scale = 1
            pass.keepsStatistics = true
            let result = Denormals.flushed { backward(pass) }
            return (result, unpacked($0.baseAddress!))
        }
    }

    /// Forward, loss and backward of one batch.
    func backward(_ pass: Pass) -> BatchResult {
        guard let outputGradient = output.gradient else {
            preconditionFailure("a plan for inference has no gradient")
        }
        var result = BatchResult(count: pass.count)
        eachPart(of: pass) { part, first in
            forward(part)
            loss.add(
                to: &result, logits: arena[output.values], labels: labels + first,
                targets: targets.map { $0 + first * architecture.classCount },
                count: part.count, outputs: architecture.classCount,
                scale: 1 / Float(pass.count), gradient: arena[outputGradient])
            for index in operations.indices.reversed() {
                measured(index, \.backwardSeconds) { operations[index].backward(part) }
            }
        }
        return result
    }

    func pass(_ count: Int, _ dropout: RandomKey, _ step: Int) -> Pass {
        precondition(
            count > 0 && count <= batchSize, "\(count) samples in a plan for \(batchSize)")
        return Pass(
            arena: arena, parameters: arena[packed], count: count, dropout: dropout, step: step)
    }

    /// Runs `body` on each part of a batch, whose samples are where the operations take them, and
    /// keeps its logits.
    private func eachPart(of pass: Pass, _ body: (_ part: Pass, _ first: Int) -> Void) {
        guard let wholeLogits else { return body(pass, 0) }
        let size = architecture.input.count
        let classes = architecture.classCount
        var part = pass
        part.step = pass.step * ((batchSize + partSize - 1) / partSize)
        for first in stride(from: 0, to: pass.count, by: partSize) {
            part.count = min(partSize, pass.count - first)
            arena[input].update(from: images + first * size, count: part.count * size)
            body(part, first)
            (arena[wholeLogits] + first * classes).update(
                from: arena[output.values], count: part.count * classes)
            part.step += 1
        }
    }

    private func forward(_ pass: Pass) {
        for index in operations.indices {
            measured(index, \.forwardSeconds) { operations[index].forward(pass) }
        }
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

    /// Nothing yet, of so many samples.
    public init(count: Int) {
        self.count = count
    }
}

/// Time that one operation of a plan has taken.
public struct OperationProfile: Sendable {
    /// What it does: "conv1 + pool".
    public let name: String
    /// Floating-point operations of one sample's forward pass, every product counted.
    public let flopsPerSample: Int
    /// Whether its input is the network's, whose gradient nobody asks for.
    public let isFirst: Bool
    /// Bytes of its parameters: read forward and backward, written backward.
    public let parameterBytes: Int
    /// Bytes of a sample's inputs and outputs and of their gradients.
    public let bytesPerSample: Int
    /// Seconds forward.
    public var forwardSeconds: Double = 0
    /// Seconds backward.
    public var backwardSeconds: Double = 0
}
