/// The figures of `federated bench`, as `--json` prints them.
package struct BenchReport: Encodable {
    package struct Peak: Encodable {
        package var threads: Int
        /// Floating-point operations a second, over all threads.
        package var flops: Double
    }

    package struct Row: Encodable {
        package var batchSize: Int
        package var threads: Int
        /// Images a second, over all threads.
        package var training: Double
        package var evaluation: Double
        /// Training speed ÷ (sgemm's peak ÷ operations of a training image).
        package var trainingToDenseLimit: Double
    }

    package struct Operation: Encodable {
        package var name: String
        /// A batch's time on one thread.
        package var forwardMilliseconds: Double
        package var backwardMilliseconds: Double
        /// Part of the whole step.
        package var share: Double
        /// Floating-point operations a second, as if every product were computed.
        package var denseFlops: Double
        /// Parameters and activations that must be read or written, a second.
        package var bytesPerSecond: Double
    }

    package var model: String
    package var engine: String
    package var cpu: String
    package var blasCore: String
    package var simd: String
    /// Floating-point operations of a training image if every product is computed.
    package var trainingFlops: Double
    package var repeats: Int
    package var sgemmPeak: [Peak]
    package var speeds: [Row]
    /// The batch size that `operations` are measured at.
    package var operationBatchSize: Int
    package var operations: [Operation]
    /// Drawing a step's dropout flags and its part of an epoch's shuffling: part of a step's time.
    package var randomNumbersShare: Double
}
