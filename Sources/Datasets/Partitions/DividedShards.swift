/// The images of every client, as a `Partition` divided them: no image is with two clients.
///
/// Compact, for a million clients: 4 bytes for each image and 8 for each client.
public struct DividedShards: Sendable, Equatable {
    /// K; clients are 0 … K − 1.
    public let clientCount: Int
    /// Images of the client that has most.
    public let largestShard: Int

    /// Client k has `indices[offsets[k] ..< offsets[k + 1]]`.
    private let offsets: [Int]
    private let indices: [Int32]
    /// Of all images, shared with the data set.
    private let labels: [UInt8]

    /// The owner of an image that no client has.
    static let nobody: Int32 = -1

    /// The shards of an owner for each image: `nobody`, or a client 0 ..< `clientCount`.
    init(owners: [Int32], clientCount: Int, labels: [UInt8]) {
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
        self.labels = labels
    }

    /// Images that were given, of all clients together.
    public var givenCount: Int { indices.count }

    /// Images of the whole training set.
    public var imageCount: Int { labels.count }

    /// Positions in the training set of a client's images, in rising order.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func shard(of client: Int) -> [Int32] { Array(indices[range(client)]) }

    /// How many images a client has; takes no time.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func sampleCount(of client: Int) -> Int { range(client).count }

    /// How many images of each class a client has.
    /// - Precondition: `client` is in 0 ..< `clientCount`.
    public func classCounts(of client: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: Dataset.classCount)
        for index in indices[range(client)] { counts[Int(labels[Int(index)])] += 1 }
        return counts
    }

    private func range(_ client: Int) -> Range<Int> {
        precondition(
            (0..<clientCount).contains(client), "no client \(client) among \(clientCount)")
        return offsets[client]..<offsets[client + 1]
    }

    /// The shards as a CSV file that `Partition.natural` reads as the same shards again.
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
