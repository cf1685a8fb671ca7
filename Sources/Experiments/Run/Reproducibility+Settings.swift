import Federation

extension Reproducibility {
    /// What a run's bits depend on beside settings and seed, before its first round.
    ///
    /// Chance is seeded; real clients come, report and go as they do.
    package init(of settings: RunSpec, for execution: Execution) {
        self.init()
        if settings.serverRule != nil {
            reasons.append("a program of its own makes each round's model (--server-rule)")
        }
        if execution == .loopback(.json), settings.cohortSize < settings.clients {
            reasons.append(
                "a client of the plain API does not say which round its model is of (--cohort)")
        }
        guard execution == .served else { return }
        let rules = settings.servedRules
        let cohort = rules.cohortSize
        if rules.places > rules.goal {
            reasons.append(
                "a round closes with the first \(rules.goal) of \(rules.places) updates "
                    + "(--over-selection)")
        }
        if settings.roundDeadline != nil {
            reasons.append("a round closes without those who are late (--round-deadline)")
        }
        if cohort < settings.clients {
            reasons.append(
                "a round's \(cohort) clients are drawn from those that are there then (--cohort)")
        }
        if rules.minimumClients < cohort {
            reasons.append(
                "\(rules.minimumClients) of a round's \(cohort) clients may do "
                    + "(--minimum-clients)")
        }
    }

    /// What they have turned out to depend on, after these rounds.
    package init(
        of settings: RunSpec, for execution: Execution, rounds: [RoundRecord]
    ) {
        self.init(of: settings, for: execution)
        guard execution.hasRealClients else { return }
        // A client that failed has been done without, or another one has had its place.
        let disturbed = rounds.filter { $0.clients.contains { $0.failure != nil } }.map(\.round)
        guard let first = disturbed.first else { return }
        reasons.append(
            disturbed.count == 1
                ? "clients were lost in round \(first)"
                : "clients were lost in \(disturbed.count) rounds, first in round \(first)")
    }
}
