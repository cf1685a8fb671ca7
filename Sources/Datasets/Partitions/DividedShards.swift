/// The images of every client, the same in every round, as a `Partition` or a list divided them: no image is
/// with two clients.
///
/// Compact, for a million clients: 4 bytes for each image and 8 for each client.
public struct DividedShards: ShardSource, Equatable {
    /// K; clients are 0 … K − 1.
    public let clientCount: Int
    /// Images of the client that has most.
    public let largestShard: Int

    /// Client k has `indices[offsets[k] ..< offsets[k + 1]]`.
    private let offsets: [Int]
    private let indices: [Int32]
    /// Of all images, shared with the data set.
    private let labels: [Int32]
    private let classCount: Int

    /// The owner of an image that no client has.
    static let nobody: Int32 = -1

    /// The shards of an owner for each image: `nobody`, or a client 0 ..< `clientCount`.
    init(owners: [Int32], clientCount: Int, of images: Samples) {
        labels = images.labels
        classCount = images.classCount
        precondition(
            owners.count == labels.count, "\(owners.count) owners, \(labels.count) labels")
        var ends = [Int](repeating: 0, count: clientCount + 1)
        for owner in owners where owner != Self.nobody { ends[Int(owner) + 1] += 1 }
        largestShard = ends.max() ?? 0
        for client in 0..<clientCount { ends[client + 1] += ends[client] }
        offsets = ends
        // A counting sort: images go in rising order, each behind those its client has already.
        var next = ends
        var sorted = [Int32](repeating: 0, count: ends[clientCount])
        for (image, owner) in owners.enumerated() where owner != Self.nobody {
            let place = next[Int(owner)]
            sorted[place] = Int32(image)
            next[Int(owner)] = place + 1
        }
        indices = sorted
        self.clientCount = clientCount
    }

    /// A partition of one's own: client k trains on the images at the positions in `shards[k]`.
    ///
    /// Positions may come in any order, and images that are in no shard are given to nobody.
    ///
    /// ```
    /// let byClass = images.indicesByClass()
    /// let pairs = (0..<5).map { byClass[2 * $0] + byClass[2 * $0 + 1] }
    /// let shards = try DividedShards(pairs, of: images)
    /// ```
    /// - Throws: `PartitionError` where there is no client, where one has no image, at a position where
    ///   there is no image, and where two clients have the same one, or one has it twice.
    public init(
        _ shards: [[some BinaryInteger]], of images: Samples
    ) throws(PartitionError) {
        guard (1...Int(Int32.max)).contains(shards.count) else {
            throw .clientsOutOfRange(shards.count)
        }
        var owners = [Int32](repeating: Self.nobody, count: images.count)
        for (client, shard) in shards.enumerated() {
            if shard.isEmpty { throw .emptyShard(client: client) }
            for position in shard {
                let index = Int(clamping: position)
                guard owners.indices.contains(index) else {
                    throw .noSuchImage(client: client, index: index, images: images.count)
                }
                guard owners[index] == Self.nobody else {
                    throw .sharedImage(
                        index: index, client: client, earlier: Int(owners[index]))
                }
                owners[index] = Int32(client)
            }
        }
        self.init(owners: owners, clientCount: shards.count, of: images)
    }

    /// Images that were given, of all clients together.
    public var givenCount: Int { indices.count }

    /// Images of the whole training set.
    public var imageCount: Int { labels.count }

    /// K.
    public var populationLimit: Int? { clientCount }

    /// Positions in the training set of a client's images, in rising order, whatever the round.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func shard(client: Int, round: Int) -> [Int32] { shard(of: client) }

    /// How many images a client has, whatever the round; takes no time.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func sampleCount(client: Int, round: Int) -> Int { sampleCount(of: client) }

    /// Positions in the training set of a client's images, in rising order.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func shard(of client: Int) -> [Int32] { Array(indices[range(client)]) }

    /// How many images a client has; takes no time.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func sampleCount(of client: Int) -> Int { range(client).count }

    /// How many images of each class a client has.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func classCounts(of client: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: classCount)
        for index in indices[range(client)] { counts[Int(labels[Int(index)])] += 1 }
        return counts
    }

    private func range(_ client: Int) -> Range<Int> {
        precondition(
            (0..<clientCount).contains(client), "no client \(client) among \(clientCount)")
        return offsets[client]..<offsets[client + 1]
    }

    /// The shards as a CSV file that `Partition.csv` reads as the same shards again.
    public func csv() -> [UInt8] {
        var text = Array("client,index\n".utf8)
        text.reserveCapacity(16 * indices.count)
        for client in 0..<clientCount {
            let name = Array("\(client),".utf8)
            for index in indices[range(client)] {
                text += name
                text += "\(index)\n".utf8
            }
        }
        return text
    }

    /// Writes `csv()` to a file, whole or not at all.
    public func writeCSV(to file: String) throws(PartitionError) {
        do {
            try writeFileAtomically(csv(), to: file)
        } catch {
            if case .unwritable(_, let reason) = error {
                throw .unwritable(file: file, reason: reason)
            }
            throw .unwritable(file: file, reason: error.description)
        }
    }
}
