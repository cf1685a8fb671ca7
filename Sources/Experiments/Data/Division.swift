import Datasets
import Federation
import JSON

/// How many images of each class every client has.
public struct Division {
    /// The partition's text, or "experiment 2".
    public let name: String
    /// What it does, in one line.
    public let summary: String
    /// Images of a client, as an experiment takes it; nil for a partition.
    public let samples: Int?
    /// Of what is drawn.
    public let seed: UInt64
    /// The data's name.
    public let datasetName: String
    /// Where they came from.
    public let origin: String
    /// Images of the training set.
    public let imageCount: Int
    /// By client, then by class.
    public let classCounts: [[Int]]
    /// By client.
    public let sizes: [Int]
    /// Of all clients together, by class.
    public let totals: [Int]

    /// A partition's division.
    public init(_ partition: Partition, _ shards: DividedShards, of dataset: Dataset, seed: UInt64)
    {
        self.init(
            name: partition.description, summary: partition.summary, samples: nil, seed: seed,
            dataset: dataset,
            classCounts: (0..<shards.clientCount).map { shards.classCounts(of: $0) })
    }

    /// What an experiment draws in its first round.
    /// - Throws: `DatasetError` where there are too few images of a class, or too many samples.
    public init(
        _ experiment: Experiment, samples: Int, clients: Int, of dataset: Dataset, seed: UInt64
    ) throws(DatasetError) {
        let sampler = try ShardSampler(
            labels: dataset.train, experiment: experiment, samples: samples, seed: seed)
        self.init(
            name: "experiment \(experiment.rawValue)", summary: experiment.summary,
            samples: samples, seed: seed, dataset: dataset,
            classCounts: (0..<clients).map {
                dataset.train.classCounts(of: sampler.shard(client: $0, round: 1))
            })
    }

    private init(
        name: String, summary: String, samples: Int?, seed: UInt64, dataset: Dataset,
        classCounts: [[Int]]
    ) {
        self.name = name
        self.summary = summary
        self.samples = samples
        self.seed = seed
        datasetName = dataset.name
        origin = dataset.origin
        imageCount = dataset.train.count
        self.classCounts = classCounts
        sizes = classCounts.map { $0.reduce(0, +) }
        totals = classCounts.reduce(into: [Int](repeating: 0, count: dataset.classCount)) {
            for (label, count) in $1.enumerated() { $0[label] += count }
        }
    }

    /// All of it, for programs and for the picture's script.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "summary": .string(summary), "seed": JSONValue(seed),
            "dataset": .string(datasetName), "images": .integer(imageCount),
            "clients": .integer(classCounts.count), "sizes": .array(sizes.map { .integer($0) }),
            "class_counts": .array(
                classCounts.map { counts in .array(counts.map { .integer($0) }) }),
        ]
        if let samples { members["samples"] = .integer(samples) }
        return .object(members)
    }
}
