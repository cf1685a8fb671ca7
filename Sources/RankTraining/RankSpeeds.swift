/// How fast ranks are by what they report, and how long they waited.
struct RankSpeeds: Sendable {
    /// Images a second of each thread, by rank; an image costs three times as much to train on as
    /// to test.
    private(set) var speeds: [Double]
    /// The share of the cores' time in each round that went without work, 0…1.
    private(set) var idleShares: [Double] = []
    private let threads: Int

    /// Ranks of so many threads, of which nothing is known yet.
    init(ranks: Int, threads: Int) {
        speeds = Array(repeating: 1, count: ranks)
        self.threads = threads
    }

    /// Takes note of a round's training.
    /// - Parameters:
    ///   - reports: one for each rank.
    ///   - imagesTrained: by rank.
    ///   - seconds: from the order to the last report.
    mutating func note(_ reports: [TrainingReport], imagesTrained: [Int], seconds: Double) {
        let isFirst = idleShares.isEmpty
        var busy = 0.0
        for (rank, report) in reports.enumerated() {
            let own = report.trainingSeconds + report.evaluationSeconds
            busy += own
            let done = Double(imagesTrained[rank]) + Double(report.imagesEvaluated) / 3
            guard own > 0, done > 0 else { continue }
            let before = isFirst ? done / own : speeds[rank]
            speeds[rank] = (before + done / own) / 2
        }
        idleShares.append(max(0, 1 - busy / (seconds * Double(reports.count * threads))))
    }
}
