/// How training images are divided among clients.
public enum Experiment: Int, CaseIterable, Sendable, Codable {
    /// samples / C images of each of the C classes.
    case uniform = 1
    /// `samples` images of the whole set.
    case equalRandom = 2
    /// 1 to `samples` − 1 images of the whole set.
    case unequalRandom = 3
    /// Many images of one to nine classes, few of the others.
    case skewed = 4

    /// What a client's shard is, in one line.
    public var summary: String {
        switch self {
        case .uniform: "uniform: as many images of each class"
        case .equalRandom: "equal random: as many images for every client, of any class"
        case .unequalRandom: "unequal random: 1 to samples − 1 images, of any class"
        case .skewed: "skewed: 60 to 109 images of some classes, 1 to 9 of the others"
        }
    }

    /// What a heading calls it: "Experiment 2 · equal random".
    public var headline: String {
        let name = summary.prefix { $0 != ":" }
        return "Experiment \(rawValue) · \(name)"
    }

    /// What `samples` may be; experiment 4 has sizes of its own and takes no heed of it.
    public func allowedSamples(classCount: Int) -> ClosedRange<Int> {
        switch self {
        case .uniform: classCount...Experiment.sampleLimit
        case .equalRandom: 1...Experiment.sampleLimit
        case .unequalRandom: 2...Experiment.sampleLimit
        case .skewed: Int.min...Int.max
        }
    }

    /// Most images in one shard.
    private static let sampleLimit = 10_000_000
}

extension Experiment: CustomStringConvertible {
    /// Number and summary, like "1 (uniform: as many images of each class)".
    public var description: String { "\(rawValue) (\(summary))" }
}
