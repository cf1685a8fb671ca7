/// Where clients' images come from: drawn anew by an experiment, or divided once by a partition.
public enum ShardSource: Sendable {
    /// One of the four experiments.
    case drawn(ShardSampler)
    /// A partition, the same in every round.
    case divided(DividedShards)

    /// Images that no client's shard exceeds.
    public var largestShard: Int {
        switch self {
        case .drawn(let sampler): sampler.largestShard
        case .divided(let shards): shards.largestShard
        }
    }

    /// Positions in the training set of what `client` trains on in `round`.
    public func shard(client: Int, round: Int) -> [Int32] {
        switch self {
        case .drawn(let sampler): sampler.shard(client: client, round: round)
        case .divided(let shards): shards.shard(of: client)
        }
    }

    /// How many images `client` trains on in `round`, without drawing them.
    public func sampleCount(client: Int, round: Int) -> Int {
        switch self {
        case .drawn(let sampler): sampler.sampleCount(client: client, round: round)
        case .divided(let shards): shards.sampleCount(of: client)
        }
    }
}
