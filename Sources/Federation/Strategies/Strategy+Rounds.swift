import Parameters

/// What a strategy does in a round, from what a client is given to what comes of all.
extension Strategy {
    /// c − c_i, by which a client corrects each step; nil where the objective has no control variates.
    public func correction(for client: Int, in state: FederationState) -> ParameterVector? {
        guard objective.usesControlVariates else { return nil }
        let name = ControlVariateUpdate.name
        return ControlVariateUpdate.correction(
            server: state.vectors[name], own: state.clients[client]?[name],
            count: state.model.count)
    }

    /// What a client begins a round's training with, where the server is.
    public func start(for client: Int, in state: FederationState) -> ParameterVector {
        start(from: state.model, own: state.clients[client] ?? [:])
    }

    /// What a client begins a round's training with: x, but for what its transforms put in the place of
    /// parts of it.
    /// - Parameters:
    ///   - model: x.
    ///   - own: what the transforms keep for the client.
    public func start(
        from model: ParameterVector, own: [String: ParameterVector]
    ) -> ParameterVector {
        transforms.reduce(model) { $1.start(from: $0, own: own) }
    }

    /// What becomes of a trained model before it leaves its client.
    /// - Parameter context: `server` is not looked at.
    /// - Returns: the update, and what the client keeps from now on.
    /// - Throws: `AggregationError.wrongLength`, and what a transform throws.
    public func prepared(
        _ update: ModelUpdate, _ context: ClientContext
    ) throws(AggregationError) -> (update: ClientUpdate, kept: [String: ParameterVector]) {
        var contribution = try begin(ClientUpdate(update), context)
        let own = clientTransforms
        for transform in own { try transform.prepare(&contribution, context) }
        // One kind for all clients, whatever the last transform has left.
        if !own.isEmpty {
            contribution.value = .change(contribution.value.change(from: context.model))
        }
        precondition(
            contribution.extras.isEmpty, "a transform at the client has no vectors beside its own")
        return (
            ClientUpdate(
                client: update.client, round: update.round, sampleCount: update.sampleCount,
                value: contribution.value, numbers: contribution.numbers, isPrepared: true),
            contribution.clientState
        )
    }

    /// What a trained model adds to a round that began with `state`, both halves of the way at once.
    /// - Parameters:
    ///   - work: how much the client trained.
    ///   - seed: the run's.
    /// - Returns: that, and the model as it leaves the client, by which the client's own is tested.
    /// - Throws: `AggregationError.wrongLength`, `.notFinite` where what the client would keep is not,
    ///   and what a transform throws.
    public func contribution(
        of update: ModelUpdate, after state: FederationState, work: LocalWork, seed: UInt64 = 0
    ) throws(AggregationError) -> (contribution: Contribution, sent: UpdateValue) {
        let (sent, kept) = try prepared(
            update,
            ClientContext(
                client: update.client, round: update.round, seed: seed, model: state.model,
                work: work, own: state.clients[update.client] ?? [:]))
        var contribution = try contribution(of: sent, after: state, work: work, seed: seed)
        contribution.clientState.merge(kept) { mine, _ in mine }
        return (contribution, sent.value)
    }

    /// What an update that has come from a client adds to a round that began with `state`.
    /// - Throws: as for a model, and `AggregationError.notTransformed` for a model from a client whose
    ///   transforms make changes.
    public func contribution(
        of update: ClientUpdate, after state: FederationState, work: LocalWork, seed: UInt64 = 0
    ) throws(AggregationError) -> Contribution {
        let context = ClientContext(
            client: update.client, round: update.round, seed: seed, model: state.model, work: work,
            server: state.vectors, own: state.clients[update.client] ?? [:])
        let own = clientTransforms
        if update.isPrepared, !own.isEmpty, !update.value.isChange {
            throw .notTransformed(
                client: update.client,
                transforms: own.map(\.description).joined(separator: ", "))
        }
        var contribution = try begin(update, context)
        // What a client leaves to the server is done before what it sent is measured.
        let left = update.isPrepared ? nil : transforms.lastIndex { $0.place == .client }
        func measured(_ value: UpdateValue) -> ChangeMeasure {
            ChangeMeasure(
                of: own.isEmpty ? value : .change(value.change(from: context.model)), after: state)
        }
        if left == nil { contribution.change = measured(contribution.value) }
        for (index, transform) in transforms.enumerated()
        where transform.place == .server || !update.isPrepared {
            try transform.prepare(&contribution, context)
            if index == left { contribution.change = measured(contribution.value) }
        }
        if !own.isEmpty {
            contribution.value = .change(contribution.value.change(from: context.model))
        }
        contribution.measure()
        return contribution
    }

    private func begin(
        _ update: ClientUpdate, _ context: ClientContext
    ) throws(AggregationError) -> Contribution {
        let count = update.value.vector.count
        guard count == context.model.count else {
            throw .wrongLength(
                client: update.client, found: count, expected: context.model.count)
        }
        var contribution = Contribution(
            client: update.client, round: update.round, sampleCount: update.sampleCount,
            weight: weighting.weight(samples: update.sampleCount), value: update.value,
            numbers: update.numbers)
        contribution.measure(update.extent)
        return contribution
    }

    /// The state after a round, but for what the strategy keeps for clients, which each contribution
    /// has its own of; and what the round's record says beside it.
    /// - Throws: `AggregationError.noUpdates` when nothing has been folded, what a part throws, and
    ///   `.resultNotFinite` where the step leads out of what a Float holds: the run has diverged then.
    public func next(
        _ fold: inout any Fold, after state: FederationState, _ context: RoundContext,
        layout: ParameterLayout? = nil, threads: Int = 1
    ) throws(AggregationError) -> (state: FederationState, metrics: [String: Double]) {
        var aggregate = try fold.finish(threads: threads)
        for transform in transforms.reversed() { try transform.complete(&aggregate, context) }
        var next = try server.next(&aggregate, after: state, context)
        next.previous = state.model
        // Every model that leaves here is committed, tested or not.
        let kept = next.vectors.sorted { $0.key < $1.key }.map { ("the server's \($0)", $1) }
        for (name, vector) in [("the new global model", next.model)] + kept {
            guard let index = vector.inspect().firstNonFinite,
                let found = NonFiniteNumber(vector.array(in: index..<index + 1)[0])
            else { continue }
            throw .resultNotFinite(
                vector: name, found: found, at: ParameterPlace(index: index, layout: layout))
        }
        return (next, aggregate.metrics)
    }
}
