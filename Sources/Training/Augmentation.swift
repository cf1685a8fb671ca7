import CKernels
import Datasets
import Parameters

/// What is done to images at random each time that a client trains on them.
///
/// Each is shifted by −p … p pixels up or down and by as many to a side, all as likely, and what comes in at
/// the edges is 0 as the data have it, black; then it is mirrored, left for right, or not. Shift and flip
/// of an image are drawn from the stream (seed, augmentation, client, round), in the order in which the
/// client trains on images.
///
/// Source: the usual augmentation of CIFAR-10, "pad and crop, and flip" (He et al., "Deep residual learning
/// for image recognition", CVPR 2016, section 4.2, with p = 4).
public struct Augmentation: Hashable, Sendable {
    /// p, the most pixels that an image is shifted by; 0 for none.
    public var shift: Int
    /// Whether images are mirrored, one in two.
    public var flips: Bool

    /// No image is shifted by more.
    public static let shiftLimit = 65_535

    /// An augmentation.
    /// - Precondition: 0 ≤ shift ≤ 65,535.
    public init(shift: Int = 0, flips: Bool = false) {
        precondition((0...Self.shiftLimit).contains(shift), "images are not shifted by \(shift)")
        self.shift = shift
        self.flips = flips
    }

    /// Refuses samples that it means nothing to.
    /// - Throws: `AugmentationError`.
    public func check(_ samples: Samples) throws(AugmentationError) {
        guard !samples.isVector else { throw .features(self) }
        guard shift < min(samples.height, samples.width) else {
            throw .shift(shift, height: samples.height, width: samples.width)
        }
    }

    /// Shifts and flips `count` images of the samples, as models see them, where they lie.
    /// - Parameter random: goes on behind what is drawn.
    package func apply(
        to images: UnsafeMutablePointer<Float>, count: Int, of samples: Samples,
        _ random: inout RandomStream
    ) {
        let (height, width, channels) = (samples.height, samples.width, samples.channels)
        let black = samples.black
        for image in 0..<count {
            let down = shift > 0 ? random.next(in: -shift...shift) : 0
            let right = shift > 0 ? random.next(in: -shift...shift) : 0
            let isFlipped = flips && random.next(below: 2) == 1
            ck_shift_image(
                images + image * height * width * channels, Int32(height), Int32(width),
                Int32(channels), Int32(down), Int32(right), isFlipped ? 1 : 0, black)
        }
    }
}

extension Samples {
    /// What models see of a 0, in each channel.
    fileprivate var black: [Float] {
        switch scaling {
        case .unit: [Float](repeating: 0, count: channels)
        case .standardized(let mean, let deviation):
            zip(mean, deviation).map { (0 - $0) / $1 }
        }
    }
}

extension Augmentation: CustomStringConvertible {
    /// How it is written, for people who wrote it otherwise.
    public static let forms = "shift:PIXELS, flip or shift:PIXELS+flip"

    /// The text that `init(_:)` reads as this augmentation: "shift:4+flip".
    public var description: String {
        [shift > 0 ? "shift:\(shift)" : nil, flips ? "flip" : nil].compactMap(\.self)
            .joined(separator: "+")
    }

    /// The augmentation that a text means; nil where it means none.
    public init?(_ text: String) {
        self.init()
        for part in text.lowercased().split(separator: "+", omittingEmptySubsequences: false) {
            let fields = part.split(separator: ":", omittingEmptySubsequences: false)
            switch (String(fields[0]), fields.count) {
            case ("flip", 1) where !flips: flips = true
            case ("shift", 2) where shift == 0:
                guard let pixels = Int(fields[1]), (1...Self.shiftLimit).contains(pixels)
                else { return nil }
                shift = pixels
            default: return nil
            }
        }
    }
}

extension Augmentation: Codable {
    /// Reads the text form from a single string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Augmentation(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is none of \(Self.forms)")
        }
        self = value
    }

    /// Writes the text form as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Why samples cannot be augmented; one sentence.
public enum AugmentationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Features, which are no image.
    case features(Augmentation)
    /// A shift that would leave nothing of an image.
    case shift(Int, height: Int, width: Int)

    /// One sentence.
    public var description: String {
        switch self {
        case .features(let augmentation):
            "--augment \(augmentation) is for images: the data have features that are none"
        case .shift(let pixels, let height, let width):
            "--augment shift:\(pixels) would leave nothing of an image of \(height) × \(width): "
                + "expected at most \(min(height, width) - 1)"
        }
    }
}
