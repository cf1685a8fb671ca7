import Federation
import FederationWire
import Parameters

/// An update that has come whole and reads as a model, or as a change of one.
package struct IncomingUpdate: Sendable {
    /// Whom it comes from.
    package enum Origin: Sendable {
        /// A client that applies its half of the strategy's transforms, keeps its bytes, and asks again.
        case binary
        /// A client that knows a model and nothing else, and cannot ask whether it still counts: its
        /// update must outlive the server.
        case plain
        /// Such a client, in an earlier life of the server.
        case earlierLife
    }

    package let client: Int
    package let round: Int
    package let sampleCount: Int
    package let value: UpdateValue
    /// What its client says beside it.
    var report: UpdateReport?
    /// The checksum of what came.
    package let checksum: [UInt8]
    /// Bytes that came.
    var byteCount: Int
    package let origin: Origin
    /// The memory that it has; nil for one that was read back from the disk.
    var slot: UploadSlots.Slot?

    package init(
        client: Int, round: Int, sampleCount: Int, value: UpdateValue,
        report: UpdateReport? = nil, checksum: [UInt8] = [], byteCount: Int, origin: Origin,
        slot: UploadSlots.Slot? = nil
    ) {
        self.client = client
        self.round = round
        self.sampleCount = sampleCount
        self.value = value
        self.report = report
        self.checksum = checksum
        self.byteCount = byteCount
        self.origin = origin
        self.slot = slot
    }

    /// One that was acknowledged in an earlier life of the server.
    init(keptBefore update: ModelUpdate) {
        self.init(
            client: update.client, round: update.round, sampleCount: update.sampleCount,
            value: .model(update.parameters), byteCount: 0, origin: .earlierLife)
    }

    /// A client's model as it is, where no transform has made something else of it.
    package var model: ModelUpdate {
        ModelUpdate(
            client: client, round: round, sampleCount: sampleCount, parameters: value.vector)
    }

    /// What it adds to a round that began with `state`, and by what its client's own model is tested.
    func contribution(
        _ plan: RunPlan, after state: FederationState, work: LocalWork
    ) throws(AggregationError) -> (contribution: Contribution, tested: UpdateValue) {
        let strategy = plan.strategy
        guard origin == .binary else {
            // The client's half of the transforms is done here, and what it keeps is kept here.
            let (contribution, sent) = try strategy.contribution(
                of: model, after: state, work: work, seed: plan.seed)
            return (contribution, sent)
        }
        // Where no transform has made a change of the model, it is only written as one: it must go with
        // the models of others.
        let value =
            strategy.clientTransforms.isEmpty
            ? UpdateValue.model(value.model(after: state.model)) : value
        let update = ClientUpdate(
            client: client, round: round, sampleCount: sampleCount, value: value,
            numbers: report?.numbers ?? [:], isPrepared: true)
        return (
            try strategy.contribution(of: update, after: state, work: work, seed: plan.seed), value
        )
    }
}
