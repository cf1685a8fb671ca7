/// Which images of the training set each client trains on in each round.
///
/// `ShardSampler` draws them anew for each round, `DividedShards` has divided them once. A source of
/// one's own depends on its arguments and on what it is made of alone, so that any thread, rank or machine
/// may ask for any client's shard at any time and a run gives the same bits twice.
///
/// ```
/// struct Halves: ShardSource {
///     let images: Samples
///     var largestShard: Int { images.count / 2 }
///     var fingerprint: UInt64 { 1 }
///     func shard(client: Int, round: Int) -> [Int32] {
///         let first = Int32(client % 2 * largestShard)
///         return Array(first..<first + Int32(largestShard))
///     }
/// }
/// ```
public protocol ShardSource: Sendable {
    /// Images that no client's shard exceeds.
    var largestShard: Int { get }
    /// K, where there are shards of the clients 0 … K − 1 alone; nil where any client has one.
    var populationLimit: Int? { get }
    /// A number that another source would not have, but by chance: a run goes on, and is joined, only
    /// where shards are the same.
    var fingerprint: UInt64 { get }
    /// Positions in the training set of what `client` trains on in `round`; with repeats, if so meant.
    ///
    /// At least one and `largestShard` at most.
    func shard(client: Int, round: Int) -> [Int32]
    /// How many images `client` trains on in `round`; as many as its shard has.
    func sampleCount(client: Int, round: Int) -> Int
}

extension ShardSource {
    /// None: any client has a shard.
    public var populationLimit: Int? { nil }

    /// Counts the shard; a source that knows better says it without drawing.
    public func sampleCount(client: Int, round: Int) -> Int {
        shard(client: client, round: round).count
    }
}
