extension RoundEngine {
    /// The engine's word that an update counts, for a driver that folds it in while others report.
    ///
    /// It must end in `folded` or `refused`, whose event goes to the engine: until then the round does
    /// not close. One that is forgotten is a mistake in the driver and traps.
    public struct Acceptance: ~Copyable, Sendable {
        /// Whose update it is.
        public let client: Int
        /// The round that it counts in.
        public let round: Int

        fileprivate init(client: Int, round: Int) {
            self.client = client
            self.round = round
        }

        deinit { Self.forgotten(client, round) }

        /// Traps; not marked so, because a `deinit` must be seen to end.
        private static func forgotten(_ client: Int, _ round: Int) {
            preconditionFailure(
                "client \(client)'s update of round \(round) was accepted, and then forgotten")
        }

        /// The update is in the aggregate.
        public consuming func folded() -> Event {
            let event = Event.updateFolded(client: client, round: round)
            discard self
            return event
        }

        /// The aggregate does not take the update.
        public consuming func refused(_ failure: ClientFailure) -> Event {
            let event = Event.updateRefused(client: client, round: round, failure: failure)
            discard self
            return event
        }
    }

    /// Takes an update that has come and looks right, as `updateReceived` does.
    /// - Parameter effects: what is to be done now is added to it.
    /// - Throws: why the engine does not take it; `.notAccepted` where chance has it lost on its way.
    public mutating func accept(
        client: Int, round: Int, sampleCount: Int, effects: inout [Effect]
    ) throws(Rejection) -> Acceptance {
        var isAccepted = false
        for effect in handle(
            .updateReceived(client: client, round: round, sampleCount: sampleCount))
        {
            switch effect {
            case .accept: isAccepted = true
            case .reject(_, _, let reason): throw reason
            default: effects.append(effect)
            }
        }
        guard isAccepted else { throw .notAccepted }
        return Acceptance(client: client, round: round)
    }
}
