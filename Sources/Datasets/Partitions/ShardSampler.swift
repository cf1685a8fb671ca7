import Parameters

/// Draws the training images of every client in every round.
///
/// Images are drawn with replacement, anew each round unless `fixed`. A shard depends on the seed,
/// the client and the round alone (stream `partition`), so any thread or machine may draw it.
public struct ShardSampler: ShardSource {
    /// How images are divided.
    public let experiment: Experiment
    /// Images of a client, as the experiment takes it.
    public let samples: Int
    /// Names the random streams.
    public let seed: UInt64
    /// Whether a client has the same images in every round.
    public let isFixed: Bool

    private let classes: [[Int32]]
    private let imageCount: Int

    /// A sampler of the images with `labels`.
    ///
    /// Throws where `samples` is outside what the experiment allows, where there are no images, and
    /// where experiments 1 and 4 lack images of a class.
    public init(
        labels: Samples, experiment: Experiment, samples: Int, seed: UInt64,
        fixed: Bool = false
    ) throws(DatasetError) {
        let allowed = experiment.allowedSamples(classCount: labels.classCount)
        guard allowed.contains(samples) else {
            throw .samplesOutOfRange(experiment: experiment, samples: samples, allowed: allowed)
        }
        classes = labels.indicesByClass()
        if experiment == .uniform || experiment == .skewed {
            if labels.targetCount > 0 { throw .needsClasses(experiment: experiment) }
            if let label = classes.firstIndex(where: \.isEmpty) {
                throw .emptyClass(experiment: experiment, label: label)
            }
        }
        guard labels.count > 0 else { throw .noTrainingImages }
        imageCount = labels.count
        self.experiment = experiment
        self.samples = samples
        self.seed = seed
        isFixed = fixed
    }

    /// Images that no client's shard exceeds.
    public var largestShard: Int {
        switch experiment {
        case .uniform, .equalRandom: samples
        case .unequalRandom: samples - 1
        case .skewed:
            min(Self.favouredClasses, classes.count) * Self.favouredImages.upperBound
                + max(0, classes.count - Self.favouredClasses) * Self.otherImages.upperBound
        }
    }

    /// How many images `client` trains on in `round`, without drawing them.
    public func sampleCount(client: Int, round: Int) -> Int {
        var random = stream(client: client, round: round)
        switch experiment {
        case .uniform: return samples / classes.count * classes.count
        case .equalRandom: return samples
        case .unequalRandom: return random.next(in: 1...samples - 1)
        case .skewed: return skewedCounts(&random).reduce(0, +)
        }
    }

    private func stream(client: Int, round: Int) -> RandomStream {
        RandomStream(
            RandomKey(
                seed: seed, purpose: .partition, client: client, round: isFixed ? 0 : round))
    }

    /// Positions in the training set of what `client` trains on in `round`; with repeats.
    public func shard(client: Int, round: Int) -> [Int32] {
        var random = stream(client: client, round: round)
        switch experiment {
        case .uniform:
            let each = samples / classes.count
            return drawByClass(Array(repeating: each, count: classes.count), &random)
        case .equalRandom:
            return draw(samples, &random)
        case .unequalRandom:
            return draw(random.next(in: 1...samples - 1), &random)
        case .skewed:
            return drawByClass(skewedCounts(&random), &random)
        }
    }

    /// Experiment 4's favoured classes, at most.
    private static let favouredClasses = 9
    /// Its images of a class.
    private static let favouredImages = 60...109
    private static let otherImages = 1...9

    /// Images per class: 60 to 109 for those hit by one of 1 to 9 draws, 1 to 9 for the others.
    private func skewedCounts(_ random: inout RandomStream) -> [Int] {
        var isFavoured = [Bool](repeating: false, count: classes.count)
        for _ in 0..<random.next(in: 1...Self.favouredClasses) {
            isFavoured[random.next(below: classes.count)] = true
        }
        var counts: [Int] = []
        for favoured in isFavoured {
            counts.append(random.next(in: favoured ? Self.favouredImages : Self.otherImages))
        }
        return counts
    }

    private func drawByClass(_ counts: [Int], _ random: inout RandomStream) -> [Int32] {
        var shard: [Int32] = []
        shard.reserveCapacity(counts.reduce(0, +))
        for (members, count) in zip(classes, counts) {
            for _ in 0..<count { shard.append(members[random.next(below: members.count)]) }
        }
        return shard
    }

    private func draw(_ count: Int, _ random: inout RandomStream) -> [Int32] {
        var shard: [Int32] = []
        shard.reserveCapacity(count)
        for _ in 0..<count { shard.append(Int32(random.next(below: imageCount))) }
        return shard
    }
}
