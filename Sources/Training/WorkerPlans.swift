import NeuralNetworks

/// Every worker's own plans, made when it first needs them.
///
/// A plan is used by the worker whose number it is asked for, and a number is one thread's at a
/// time (see `WorkQueue`), so nothing needs a lock.
package final class WorkerPlans: @unchecked Sendable {
    private let architecture: Architecture
    private let trainingBatchSize: Int
    private let engine: Engine
    private let loss: Loss
    private let slots: UnsafeMutableBufferPointer<(training: Plan?, inference: Plan?)>

    package init(
        _ architecture: Architecture, trainingBatchSize: Int, engine: Engine, loss: Loss,
        threads: Int
    ) {
        self.architecture = architecture
        self.trainingBatchSize = trainingBatchSize
        self.engine = engine
        self.loss = loss
        slots = .allocate(capacity: threads)
        slots.initialize(repeating: (nil, nil))
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }

    package func training(_ worker: Int) -> Plan {
        if let plan = slots[worker].training { return plan }
        let plan = Plan(
            architecture, batchSize: trainingBatchSize, purpose: .training, engine: engine,
            loss: loss)
        slots[worker].training = plan
        return plan
    }

    package func inference(_ worker: Int) -> Plan {
        if let plan = slots[worker].inference { return plan }
        let plan = Plan(
            architecture, batchSize: EvaluationSet.batchSize, purpose: .inference, engine: engine,
            loss: loss)
        slots[worker].inference = plan
        return plan
    }
}
