import Parameters

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Gives each image of a training set to a client.
struct ImageDivider {
    private let labels: [Int32]
    private let classCount: Int
    private let clients: Int
    private let seed: UInt64
    /// The client of each image, `DividedShards.nobody` if none has it.
    private(set) var owners: [Int32]

    /// What a stream of random numbers is for; 0 is left to `ShardSampler`.
    private enum Draw: Int {
        case order = 1
        case sizes
        case proportions
        case classes
        case shards
    }

    init(_ images: Samples, clients: Int, seed: UInt64) {
        labels = images.labels
        classCount = images.classCount
        self.clients = clients
        self.seed = seed
        owners = [Int32](repeating: DividedShards.nobody, count: labels.count)
    }

    private func stream(_ draw: Draw, part: Int = 0, round: Int = 0) -> RandomStream {
        RandomStream(
            RandomKey(
                seed: seed, purpose: .partition, index: draw.rawValue, part: part, round: round)
        )
    }

    /// Refuses fewer images than `each` for every client.
    func requireImages(each: Int) throws(PartitionError) {
        let (needed, overflows) = clients.multipliedReportingOverflow(by: each)
        guard !overflows, needed <= labels.count else {
            throw .tooFewImages(images: labels.count, clients: clients, each: each)
        }
    }

    // MARK: Random labels

    /// Equal parts of all images in random order.
    mutating func divideEqually() throws(PartitionError) {
        try requireImages(each: 1)
        giveInRandomOrder(ends: Self.equalEnds(labels.count, clients))
    }

    /// One image for each client, and the others in proportion to the weights whose logarithms
    /// `logarithms` draws; images in random order.
    mutating func divide(
        byLogWeights logarithms: (inout RandomStream, Int) -> [Double]
    ) throws(PartitionError) {
        try requireImages(each: 1)
        var random = stream(.sizes)
        let weights = Self.weights(logarithms(&random, clients))
        let rest = Self.ends(weights, labels.count - clients)
        giveInRandomOrder(ends: rest.enumerated().map { $0.element + $0.offset + 1 })
    }

    /// Gives client k the images of a random order from the end of the client before it to its own.
    private mutating func giveInRandomOrder(ends: [Int]) {
        var order = [Int32](labels.indices.lazy.map { Int32($0) })
        var random = stream(.order)
        random.shuffle(&order)
        give(order, ends: ends) { $0 }
    }

    /// Gives what is before each end, and behind the one before it, to the client of that part.
    private mutating func give(_ images: [Int32], ends: [Int], to client: (Int) -> Int) {
        var begin = 0
        for (part, end) in ends.enumerated() {
            let owner = Int32(client(part))
            for place in begin..<end { owners[Int(images[place])] = owner }
            begin = end
        }
    }

    // MARK: Skewed labels

    /// Images by label, cut into shards; `perClient` of them for each client.
    mutating func divideIntoShards(perClient: Int, size: Int?) throws(PartitionError) {
        let (needed, overflows) = clients.multipliedReportingOverflow(by: perClient)
        let (images, imagesOverflow) = needed.multipliedReportingOverflow(by: size ?? 1)
        guard !overflows, !imagesOverflow, images <= labels.count else {
            throw .tooFewShards(
                images: labels.count, clients: clients, perClient: perClient, size: size ?? 1)
        }
        guard size != nil || labels.count % needed == 0 else {
            throw .unevenShards(images: labels.count, clients: clients, perClient: perClient)
        }
        let size = size ?? labels.count / needed
        var shards = Array(0..<labels.count / size)
        var random = stream(.shards)
        random.shuffle(&shards)
        let sorted = imagesByClass().flatMap(\.self)
        for (place, shard) in shards.prefix(needed).enumerated() {
            let owner = Int32(place / perClient)
            for image in sorted[shard * size..<(shard + 1) * size] { owners[Int(image)] = owner }
        }
    }

    /// `perClient` classes for each client, each class in equal parts.
    mutating func divideLabels(perClient: Int) throws(PartitionError) {
        try requireImages(each: perClient)
        var holders = [[Int32]](repeating: [], count: classCount)
        var others: [Int] = []
        for client in 0..<clients {
            let own = client % classCount
            holders[own].append(Int32(client))
            guard perClient > 1 else { continue }
            others = (0..<classCount).filter { $0 != own }
            var random = RandomStream(
                RandomKey(
                    seed: seed, purpose: .partition, index: Draw.classes.rawValue, client: client))
            random.shuffle(&others)
            for label in others.prefix(perClient - 1) { holders[label].append(Int32(client)) }
        }
        for (label, var images) in imagesByClass().enumerated() where !holders[label].isEmpty {
            let holding = holders[label]
            guard images.count >= holding.count else {
                throw .tooFewOfClass(label: label, images: images.count, clients: holding.count)
            }
            var random = stream(.order, part: label + 1)
            random.shuffle(&images)
            give(images, ends: Self.equalEnds(images.count, holding.count)) { Int(holding[$0]) }
        }
    }

    /// `perClient` classes in a row for each client, and of each a few images and a share of the others.
    mutating func divideLabels(perClient: Int, sigma: Double) throws(PartitionError) {
        try requireImages(each: perClient)
        var holders = [[Int32]](repeating: [], count: classCount)
        for client in 0..<clients {
            for step in 0..<perClient {
                holders[(client + step) % classCount].append(Int32(client))
            }
        }
        for (label, var images) in imagesByClass().enumerated() where !holders[label].isEmpty {
            let holding = holders[label]
            guard images.count >= holding.count else {
                throw .tooFewOfClass(label: label, images: images.count, clients: holding.count)
            }
            var random = stream(.order, part: label + 1)
            random.shuffle(&images)
            var sizes = stream(.sizes, part: label + 1)
            let least = min(Partition.powerLawMinimum, images.count / holding.count)
            let rest = Self.ends(
                Self.weights(
                    holding.map { _ in max(-1e300, min(1e300, sigma * sizes.nextNormal())) }),
                images.count - least * holding.count)
            let ends = rest.enumerated().map { $0.element + ($0.offset + 1) * least }
            give(images, ends: ends) { Int(holding[$0]) }
        }
    }

    /// Each class by Dirichlet proportions of its own.
    mutating func divideByDirichlet(
        alpha: Double, minimum: Int, partition: Partition
    ) throws(PartitionError) {
        try requireImages(each: minimum)
        let images = imagesByClass()
        let draws = max(
            1,
            min(
                Partition.drawLimit,
                Partition.proportionLimit / (clients * classCount)))
        var best = 0
        for draw in 1...draws {
            let (ends, smallest) = drawEnds(alpha, images.map(\.count), draw)
            best = max(best, smallest)
            guard smallest >= minimum else { continue }
            for (label, var members) in images.enumerated() where !members.isEmpty {
                var random = stream(.order, part: label + 1)
                random.shuffle(&members)
                give(members, ends: ends[label]) { $0 }
            }
            return
        }
        throw .drawsLeaveTooFew(
            partition: partition.description, clients: clients, minimum: minimum, draws: draws,
            best: best)
    }

    /// One draw: where each class is cut for each client, and the images of the smallest client.
    private func drawEnds(
        _ alpha: Double, _ counts: [Int], _ draw: Int
    ) -> (ends: [[Int]], smallest: Int) {
        var sizes = [Int](repeating: 0, count: clients)
        var ends = [[Int]](repeating: [], count: counts.count)
        for (label, count) in counts.enumerated() where count > 0 {
            var random = stream(.proportions, part: label + 1, round: draw)
            var logarithms = [Double](repeating: 0, count: clients)
            for client in 0..<clients {
                let logarithm = random.nextLogGamma(shape: alpha)
                // A client with its N / K images takes no part.
                let isFull = sizes[client] * clients >= labels.count
                logarithms[client] = isFull ? -.infinity : logarithm
            }
            ends[label] = Self.ends(Self.weights(logarithms), count)
            var begin = 0
            for client in 0..<clients {
                sizes[client] += ends[label][client] - begin
                begin = ends[label][client]
            }
        }
        return (ends, sizes.min() ?? 0)
    }

    // MARK: Parts

    /// For every class, its images in rising order.
    private func imagesByClass() -> [[Int32]] {
        var result = [[Int32]](repeating: [], count: classCount)
        for (image, label) in labels.enumerated() { result[Int(label)].append(Int32(image)) }
        return result
    }

    /// Where parts of `count` end that differ by one at most, the larger ones first.
    private static func equalEnds(_ count: Int, _ parts: Int) -> [Int] {
        let (size, larger) = count.quotientAndRemainder(dividingBy: parts)
        return (1...parts).map { $0 * size + min($0, larger) }
    }

    /// Numbers in proportion to those with these logarithms; the largest is 1.
    private static func weights(_ logarithms: [Double]) -> [Double] {
        let largest = logarithms.max() ?? 0
        return logarithms.map { exp($0 - largest) }
    }

    /// Where parts of `count` end that are in proportion to `weights`: ⌊count · share so far⌋.
    private static func ends(_ weights: [Double], _ count: Int) -> [Int] {
        let total = weights.reduce(0, +)
        var sum = 0.0
        var result = weights.map { weight in
            sum += weight
            return min(count, Int(sum / total * Double(count)))
        }
        // The last part has all that is left, however the sum was rounded.
        if !result.isEmpty { result[result.count - 1] = count }
        return result
    }
}
