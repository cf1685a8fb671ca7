import Federation
import JSON

extension RunState {
    /// What the last test of a global model measured beside accuracy and loss.
    public struct Results: Hashable, Sendable {
        /// The round whose model it was.
        public var round: Int
        /// Measures by name, and what the strategy's parts say of the round.
        public var metrics: [String: Double]
        /// The share of each class's test samples that was classified rightly; empty where that is not
        /// known.
        public var classAccuracies: [Double?]
        /// Test samples by their class and the one that the model took them for, [true][predicted]; nil
        /// where that is not known.
        public var confusion: [[Int]]?
        /// Samples that the model took most surely for another class; nil where nobody knows.
        public var mistakes: [Mistake]?

        /// Results of a round.
        public init(
            round: Int, metrics: [String: Double] = [:], classAccuracies: [Double?] = [],
            confusion: [[Int]]? = nil, mistakes: [Mistake]? = nil
        ) {
            self.round = round
            self.metrics = metrics
            self.classAccuracies = classAccuracies
            self.confusion = confusion
            self.mistakes = mistakes
        }

        /// Those of a committed round; nil where it was not tested, or measured nothing.
        public init?(_ committed: CommittedRound) {
            guard committed.record.global != nil,
                !committed.metrics.isEmpty || committed.classes != nil
            else { return nil }
            self.init(
                round: committed.record.round, metrics: committed.metrics,
                classAccuracies: committed.classes?.accuracies ?? [],
                confusion: committed.classes?.confusion,
                mistakes: committed.classes?.mistakes)
        }

        /// Those of a log's last test; nil where there was none, or it measured nothing.
        public init?(_ log: RunLog) {
            guard let last = log.serverAccuracies.lastIndex(where: { $0 != nil }) else {
                return nil
            }
            let metrics = log.roundMetrics.compactMapValues { last < $0.count ? $0[last] : nil }
            guard !metrics.isEmpty || log.classResults != nil else { return nil }
            self.init(
                round: last + 1, metrics: metrics,
                classAccuracies: log.classResults?.accuracies ?? [],
                confusion: log.classResults?.confusion, mistakes: log.classResults?.mistakes)
        }

        package var json: JSONValue {
            var members: [String: JSONValue] = [
                "round": .integer(round), "metrics": .object(metrics.mapValues(JSONValue.number)),
                "classAccuracies": .array(
                    classAccuracies.map { $0.map(JSONValue.number) ?? .null }),
                "confusion": confusion.map { rows in
                    .array(rows.map { .array($0.map(JSONValue.integer)) })
                } ?? .null,
            ]
            members["mistakes"] = mistakes.map { .array($0.map(\.json)) }
            return .object(members)
        }
    }
}
