import Tensors

/// What a client's update adds to a round, made ready to be summed.
///
/// Making it takes a pass over the model for some strategies, and may be done on any thread; summing
/// is the aggregate's.
public struct Contribution: Sendable {
    /// The client's model, or what its server half averages instead.
    var update: ModelUpdate
    /// SCAFFOLD's (x − y_i) / (K_i η_l), each client's with the same weight.
    var control: ModelUpdate?
    /// FedNova's a_i.
    var reach: Double?
    /// What the strategy keeps for the client from now on: SCAFFOLD's c_i⁺.
    public var clientState: ParameterVector?

    /// Whose it is.
    public var client: Int { update.client }
}

extension Strategy {
    /// What `update` adds to a round that began with `state`.
    /// - Parameter work: how much the client trained.
    /// - Throws: `AggregationError.wrongLength`, and `.notFinite` where what the client would keep is not.
    public func contribution(
        of update: ModelUpdate, after state: FederationState, work: LocalWork
    ) throws(AggregationError) -> Contribution {
        let model = state.model
        guard update.parameters.count == model.count else {
            throw .wrongLength(
                client: update.client, found: update.parameters.count, expected: model.count)
        }
        switch serverHalf {
        case .average, .optimizer:
            return Contribution(update: update)
        case .normalizedAverage:
            let reach = work.reach
            let change = ParameterVector.map(update.parameters, model) { y, x in
                Float((Double(y) - Double(x)) / reach)
            }
            return Contribution(update: update.with(change), reach: reach)
        case .controlVariates:
            let (control, kept) = controls(of: update, after: state, work: work)
            if let index = kept.inspect().firstNonFinite,
                let found = NonFiniteNumber(kept.array(in: index..<index + 1)[0])
            {
                throw .notFinite(
                    client: update.client, found: found, at: ParameterPlace(index: index))
            }
            return Contribution(
                update: update,
                control: ModelUpdate(
                    client: update.client, round: update.round, sampleCount: 1, parameters: control),
                clientState: kept)
        }
    }

    /// SCAFFOLD's (x − y_i) / (K_i η_l), and c_i⁺.
    private func controls(
        of update: ModelUpdate, after state: FederationState, work: LocalWork
    ) -> (control: ParameterVector, kept: ParameterVector) {
        // At a rate that a Float no longer holds nothing moves, and y_i says nothing of the gradient, let
        // alone divided by the rate: c_i and c stay.
        guard work.learningRate >= Double(Float.leastNormalMagnitude) else {
            let zeros = ParameterVector(zeros: state.model.count)
            return (state.optimizer.first ?? zeros, state.clients[update.client] ?? zeros)
        }
        let scale = Double(work.steps) * work.learningRate
        let control = ParameterVector.map(update.parameters, state.model) { y, x in
            Float((Double(x) - Double(y)) / scale)
        }
        let kept = ParameterVector.map(
            correction(of: update.client, in: state), control
        ) { correction, control in control - correction }
        return (control, kept)
    }

    /// c − c_i, by which a client corrects each step; nil where the strategy has no control variates.
    public func correction(for client: Int, in state: FederationState) -> ParameterVector? {
        clientHalf == .controlVariates ? correction(of: client, in: state) : nil
    }

    private func correction(of client: Int, in state: FederationState) -> ParameterVector {
        let zeros = { ParameterVector(zeros: state.model.count) }
        guard let own = state.clients[client] else { return state.optimizer.first ?? zeros() }
        return ParameterVector.map(state.optimizer.first ?? zeros(), own) { $0 - $1 }
    }
}

extension ModelUpdate {
    /// The same client's with other numbers.
    fileprivate func with(_ parameters: ParameterVector) -> ModelUpdate {
        ModelUpdate(
            client: client, round: round, sampleCount: sampleCount, parameters: parameters)
    }
}
