extension Plan {
    /// Bytes of the arena that a plan with these arguments will have, nothing being allocated to find out.
    ///
    /// What optimisers keep beside the parameters comes on top, a model's size for each vector.
    package static func byteCount(
        _ architecture: Architecture, batchSize: Int, purpose: Purpose, engine: Engine,
        loss: Loss = .softmaxCrossEntropy
    ) -> Int {
        let partSize = partSize(architecture, batchSize: batchSize)
        var compiler = PlanCompiler(
            architecture, batchSize: partSize, purpose: purpose, engine: engine)
        compiler.compile()
        if batchSize > partSize {
            _ = compiler.arena.reserve(batchSize * architecture.input.count)
            _ = compiler.arena.reserve(batchSize * architecture.classCount)
        }
        _ = compiler.arena.reserve(batchSize)
        if loss.kind != .softmaxCrossEntropy {
            _ = compiler.arena.reserve(batchSize * architecture.classCount)
        }
        _ = compiler.arena.reserve(architecture.parameterCount)
        return compiler.arena.count * MemoryLayout<Float>.stride
    }

    /// Bytes that such a plan will have at the very least: parameters and a batch of samples. For sizes
    /// that may be beyond all bounds.
    package static func leastByteCount(_ architecture: Architecture, batchSize: Int) -> Double {
        let floats =
            Double(architecture.parameterCount)
            + Double(batchSize) * Double(architecture.input.count)
        return floats * Double(MemoryLayout<Float>.stride)
    }
}
