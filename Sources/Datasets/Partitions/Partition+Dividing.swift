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
    /// Depends on the labels, K and the seed alone. K may be nil for `natural`, whose file names
    /// its clients; a number must be that of the file.
    ///
    /// Throws where parameters divide no data set, where the images are too few, where shards or
    /// classes do not come out even as promised, and where a file is not as `natural` needs it.
    public func divide(
        _ images: Samples, among clients: Int?, seed: UInt64
    ) throws(PartitionError) -> DividedShards {
        try check(classCount: images.classCount)
        if let clients, clients < 1 || clients > Int(Int32.max) {
            throw .clientsOutOfRange(clients)
        }
        if case .natural(let file) = self {
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

    /// How many clients the file of `natural` names; nil for other partitions, which divide among any
    /// number.
    ///
    /// Throws where the file cannot be read or is not as `natural` needs it.
    public func namedClientCount() throws(PartitionError) -> Int? {
        guard case .natural(let file) = self else { return nil }
        return try NaturalClients.count(file: file)
    }

    private func give(_ divider: inout ImageDivider) throws(PartitionError) {
        switch self {
        case .natural: preconditionFailure("a file's clients are not drawn")
        case .iid: try divider.divideEqually()
        case .shards(let perClient, let size):
            try divider.divideIntoShards(perClient: perClient, size: size)
        case .dirichlet(let alpha, let minimum):
            try divider.divideByDirichlet(alpha: alpha, minimum: minimum, partition: self)
        case .labels(let perClient): try divider.divideLabels(perClient: perClient)
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
