import JSON

/// A test sample that a model took for another class than its own.
public struct Mistake: Hashable, Sendable, Codable {
    /// Those that are kept of a test: the surest ones.
    public static let limit = 24

    /// The sample's number in the test set, from 0.
    public var index: Int
    /// Its class.
    public var truth: Int
    /// The class that the model took it for.
    public var guess: Int
    /// How sure the model was of that, 0…1: the probability that softmax, or the sigmoid, gives it.
    public var confidence: Double
    /// The sample as a picture, a `data:image/png;base64,` address; nil where it is none.
    public var image: String?

    /// A sample.
    public init(index: Int, truth: Int, guess: Int, confidence: Double, image: String? = nil) {
        self.index = index
        self.truth = truth
        self.guess = guess
        self.confidence = confidence
        self.image = image
    }

    /// Whether it can be one of a test of so many classes: for what comes from outside.
    func isSound(classes: Int) -> Bool {
        index >= 0 && (0..<classes).contains(truth) && (0..<classes).contains(guess)
            && truth != guess && (0...1).contains(confidence)
            && image.map(Self.isPicture) ?? true
    }

    /// How pictures' addresses begin.
    package static let picturePrefix = "data:image/png;base64,"
    /// Bytes of an address, at most: more than a picture of 64 × 64 × 3 that nothing compresses has.
    private static let pictureLimit = 24_000

    /// Whether a text is a picture's address and nothing else: a page shows it as it is.
    private static func isPicture(_ text: String) -> Bool {
        let bytes = text.utf8
        return bytes.count <= pictureLimit && bytes.starts(with: picturePrefix.utf8)
            && bytes.dropFirst(picturePrefix.utf8.count).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
                    UInt8(ascii: "="):
                    true
                default: false
                }
            }
    }
}

extension Mistake {
    /// As logs and pages have it.
    public var json: JSONValue {
        [
            "index": .integer(index), "truth": .integer(truth), "guess": .integer(guess),
            "confidence": .number(confidence), "image": image.map(JSONValue.string) ?? .null,
        ]
    }

    /// Reads what `json` makes; nil if it is something else.
    init?(_ json: JSONValue) {
        guard case .object(let members) = json,
            case .integer(let index)? = members["index"],
            case .integer(let truth)? = members["truth"],
            case .integer(let guess)? = members["guess"],
            let confidence = members["confidence"]?.double
        else { return nil }
        self.init(index: index, truth: truth, guess: guess, confidence: confidence)
        switch members["image"] {
        case .string(let text)?: image = text
        case nil, .null?: break
        default: return nil
        }
    }
}
