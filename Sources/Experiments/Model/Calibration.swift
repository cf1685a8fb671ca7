/// How far a model's confidence is what it is right by.
///
/// Samples are put into ten bins by the probability of the class that the model takes each for: bin m has
/// those of ((m − 1) / 10, m / 10]. The expected calibration error is
/// ECE = Σ_m |B_m| / n · |acc(B_m) − conf(B_m)|.
///
/// Source: Guo et al., "On calibration of modern neural networks", ICML 2017, section 2, eq. 3.
public struct Calibration: Hashable, Sendable {
    /// Samples of about the same confidence.
    public struct Bin: Hashable, Sendable {
        /// How many.
        public var count = 0
        /// How many of them were classified rightly.
        public var correct = 0
        /// Sum of their confidences.
        public var confidenceSum = 0.0

        /// acc(B_m); nil without samples.
        public var accuracy: Double? { count == 0 ? nil : Double(correct) / Double(count) }
        /// conf(B_m), their mean; nil without samples.
        public var confidence: Double? { count == 0 ? nil : confidenceSum / Double(count) }
    }

    /// How many bins.
    public static let binCount = 10

    /// The bins, from the least confidence.
    public private(set) var bins = [Bin](repeating: Bin(), count: binCount)

    /// Of samples that were each classified with a confidence, 0…1, rightly or not.
    public init(_ samples: some Sequence<(confidence: Double, isRight: Bool)>) {
        for (confidence, isRight) in samples {
            let place = (confidence * Double(Self.binCount)).rounded(.up) - 1
            let bin = place.isFinite ? min(max(Int(place), 0), Self.binCount - 1) : 0
            bins[bin].count += 1
            bins[bin].correct += isRight ? 1 : 0
            bins[bin].confidenceSum += confidence
        }
    }

    /// Samples in all.
    public var count: Int { bins.reduce(0) { $0 + $1.count } }

    /// ECE; 0 without samples.
    public var expectedError: Double {
        bins.reduce(0) { sum, bin in
            guard let accuracy = bin.accuracy, let confidence = bin.confidence else { return sum }
            return sum + Double(bin.count) / Double(count) * abs(accuracy - confidence)
        }
    }
}
