extension Plan {
    /// Bytes of the arena that a plan with these arguments will have, nothing being allocated to find out.
    ///
    /// What optimisers keep beside the parameters comes on top, a model's size for each vector.
    package static func byteCount(
        _ architecture: Architecture, batchSize: Int, purpose: Purpose, engine: Engine
    ) -> Int {
        let partSize = min(batchSize, largestPart)
        var compiler = PlanCompiler(
            architecture, batchSize: partSize, purpose: purpose, engine: engine)
        compiler.compile()
        if batchSize > partSize {
            _ = compiler.arena.reserve(batchSize * architecture.input.count)
            _ = compiler.arena.reserve(batchSize * architecture.classCount)
        }
        _ = compiler.arena.reserve((batchSize + 3) / 4)
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
