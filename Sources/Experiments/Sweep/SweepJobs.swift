/// How the runs of a sweep share the threads.
public struct SweepJobs: Equatable, Sendable {
    /// Runs at once.
    public let count: Int
    /// Threads of all together.
    public let threads: Int

    /// So many at once, each with its part of the threads.
    public init(_ count: Int, threads: Int) {
        precondition(
            count >= 1 && count <= threads, "\(count) runs cannot share \(threads) threads")
        self.count = count
        self.threads = threads
    }

    /// A thread each where all runs are small; else one after the other, each on all threads, so that
    /// an interruption loses little.
    public init(for runs: [RunSpec], trainingImages: Int, threads: Int) {
        let areSmall = runs.allSatisfy {
            Self.images($0, trainingImages: trainingImages) <= Self.smallRun
        }
        self.init(areSmall ? max(1, min(threads, runs.count)) : 1, threads: threads)
    }

    /// Images that a small run trains on at most, in all rounds: with the reference model a core takes
    /// ten minutes at 8,000 a second.
    package static let smallRun = 5e6

    /// The threads of one of the runs at once.
    package func threads(ofWorker worker: Int) -> Int {
        threads / count + (worker < threads % count ? 1 : 0)
    }

    /// Images that a run trains on in all rounds, by shards of their mean size.
    static func images(_ settings: RunSpec, trainingImages: Int) -> Double {
        let samples =
            settings.partition == nil
            ? settings.samples : max(1, trainingImages / settings.clients)
        return Double(settings.rounds) * Double(settings.cohortSize)
            * Double(settings.training.imageCount(samples: samples))
    }
}
