#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Partition {
    /// Divides images among the clients 0 … K − 1.
    ///
    /// Depends on the labels, K and the seed alone. K may be nil for `csv`, whose file names its
    /// clients, and for `natural` and `writers`, of which `owners` do; a number must be that of them.
    ///
    /// Throws where parameters divide no data set, where the images are too few, where shards or
    /// classes do not come out even as promised, where a file is not as `csv` needs it, and where
    /// nobody knows whose the images are, or somebody has none.
    /// - Parameter owners: whose the images are, as the data set says.
    public func divide(
        _ images: Samples, owners: SampleOwners? = nil, among clients: Int?, seed: UInt64
    ) throws(PartitionError) -> DividedShards {
        if needsClasses, images.targetCount > 0 {
            throw .needsClasses(partition: description)
        }
        try check(classCount: images.classCount)
        if let clients, clients < 1 || clients > Int(Int32.max) {
            throw .clientsOutOfRange(clients)
        }
        if goesByOwners { return try divide(images, by: owners, among: clients) }
        if case .csv(let file) = self {
            let named = try NaturalClients(file: file, imageCount: images.count)
            if let clients, clients != named.clientCount {
                throw .clientCount(file: file, found: named.clientCount, wanted: clients)
            }
            return DividedShards(
                owners: named.owners, clientCount: named.clientCount, of: images)
        }
        guard let clients else { throw .clientsNeeded(partition: description) }
        var divider = ImageDivider(images, clients: clients, seed: seed)
        try give(&divider)
        return DividedShards(owners: divider.owners, clientCount: clients, of: images)
    }

    /// As many clients as the data have owners, each of whom has a sample.
    private func divide(
        _ images: Samples, by owners: SampleOwners?, among clients: Int?
    ) throws(PartitionError) -> DividedShards {
        guard let owners, owners.train.count == images.count else {
            throw .noOwners(partition: description)
        }
        let count = owners.names.count
        if let clients, clients != count {
            throw .ownerCount(partition: description, found: count, wanted: clients)
        }
        let shards = DividedShards(owners: owners.train, clientCount: count, of: images)
        if let client = (0..<count).first(where: { shards.sampleCount(of: $0) == 0 }) {
            throw .ownerWithoutSamples(
                partition: description, client: client, name: owners.names[client])
        }
        return shards
    }

    /// How many clients the file of `csv` names; nil for other partitions, of which only the data tell, or
    /// whoever divides them.
    ///
    /// Throws where the file cannot be read or is not as `csv` needs it.
    public func namedClientCount() throws(PartitionError) -> Int? {
        guard case .csv(let file) = self else { return nil }
        return try NaturalClients.count(file: file)
    }

    private func give(_ divider: inout ImageDivider) throws(PartitionError) {
        switch self {
        case .csv, .natural, .writers: preconditionFailure("clients with names are not drawn")
        case .iid: try divider.divideEqually()
        case .shards(let perClient, let size):
            try divider.divideIntoShards(perClient: perClient, size: size)
        case .dirichlet(let alpha, let minimum):
            try divider.divideByDirichlet(alpha: alpha, minimum: minimum, partition: self)
        case .labels(let perClient): try divider.divideLabels(perClient: perClient)
        case .powerLawLabels(let perClient, let sigma):
            try divider.divideLabels(perClient: perClient, sigma: sigma)
        case .logNormal(let sigma):
            try divider.divide { random, count in
                (0..<count).map { _ in max(-1e300, min(1e300, sigma * random.nextNormal())) }
            }
        case .powerLaw(let exponent):
            try divider.divide { random, count in
                var ranks = Array(1...count)
                random.shuffle(&ranks)
                return ranks.map { max(-1e300, -exponent * log(Double($0))) }
            }
        case .quantityDirichlet(let alpha):
            try divider.divide { random, count in
                (0..<count).map { _ in random.nextLogGamma(shape: alpha) }
            }
        }
    }
}
