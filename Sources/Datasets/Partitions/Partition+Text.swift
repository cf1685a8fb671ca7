extension Partition {
    /// What a partition's name is, and how its parameters are written.
    private enum Name: String, CaseIterable {
        case iid
        case shards
        case dirichlet
        case labels
        case powerLawLabels = "power-law-labels"
        case logNormal = "log-normal"
        case powerLaw = "power-law"
        case quantityDirichlet = "quantity-dirichlet"
        case natural
        case writers
        case csv

        /// How it is written, for people who wrote it otherwise.
        var form: String {
            switch self {
            case .iid: "iid"
            case .shards: "shards:COUNT or shards:COUNTxSIZE"
            case .dirichlet: "dirichlet:ALPHA or dirichlet:ALPHA:MINIMUM"
            case .labels: "labels:COUNT"
            case .powerLawLabels: "power-law-labels:COUNT or power-law-labels:COUNT:SIGMA"
            case .logNormal: "log-normal:SIGMA"
            case .powerLaw: "power-law:EXPONENT"
            case .quantityDirichlet: "quantity-dirichlet:ALPHA"
            case .natural: "natural"
            case .writers: "writers"
            case .csv: "csv:FILE"
            }
        }
    }

    /// The forms of all partitions, as in "iid, shards:COUNT or …, csv:FILE".
    public static var forms: String { Name.allCases.map(\.form).joined(separator: ", ") }

    /// The partition that a word of a command line means, like "shards:2x300".
    ///
    /// Throws where there is no partition of that name, where its parameters are not understood,
    /// and where they divide no data set.
    public init(argument text: String) throws(PartitionError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let spelled = parts[0].lowercased().split(separator: "_").joined(separator: "-")
        guard let name = Name(rawValue: spelled) else { throw .unknown(text) }
        let found = Self.parse(name, parts.count == 2 ? String(parts[1]) : nil)
        guard let found else { throw .malformed(text: text, form: name.form) }
        try found.check(classCount: Samples.classLimit)
        self = found
    }

    private static func parse(_ name: Name, _ parameters: String?) -> Partition? {
        guard let parameters else {
            return switch name {
            case .iid: .iid
            case .natural: .natural
            case .writers: .writers
            default: nil
            }
        }
        guard !parameters.isEmpty else { return nil }
        switch name {
        case .iid, .natural, .writers: return nil
        case .shards:
            let fields = parameters.split(separator: "x", omittingEmptySubsequences: false)
            guard fields.count <= 2, let perClient = Int(fields[0]) else { return nil }
            guard fields.count == 2 else { return .shards(perClient: perClient, size: nil) }
            return Int(fields[1]).map { .shards(perClient: perClient, size: $0) }
        case .dirichlet:
            let fields = parameters.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count <= 2, let alpha = Double(fields[0]) else { return nil }
            guard fields.count == 2 else { return .dirichlet(alpha: alpha) }
            return Int(fields[1]).map { .dirichlet(alpha: alpha, minimum: $0) }
        case .labels: return Int(parameters).map { .labels(perClient: $0) }
        case .powerLawLabels:
            let fields = parameters.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count <= 2, let perClient = Int(fields[0]) else { return nil }
            guard fields.count == 2 else { return .powerLawLabels(perClient: perClient) }
            return Double(fields[1]).map { .powerLawLabels(perClient: perClient, sigma: $0) }
        case .logNormal: return Double(parameters).map { .logNormal(sigma: $0) }
        case .powerLaw: return Double(parameters).map { .powerLaw(exponent: $0) }
        case .quantityDirichlet: return Double(parameters).map { .quantityDirichlet(alpha: $0) }
        case .csv: return .csv(file: parameters)
        }
    }

    /// A number as people write it: 1, not 1.0.
    func number(_ value: Double) -> String {
        Int(exactly: value).flatMap { abs($0) < 1_000_000 ? "\($0)" : nil } ?? "\(value)"
    }
}

extension Partition: CustomStringConvertible {
    /// The text that `init(argument:)` reads as this partition.
    public var description: String {
        switch self {
        case .iid: "iid"
        case .shards(let perClient, let size): "shards:\(perClient)\(size.map { "x\($0)" } ?? "")"
        case .dirichlet(let alpha, 10): "dirichlet:\(number(alpha))"
        case .dirichlet(let alpha, let minimum): "dirichlet:\(number(alpha)):\(minimum)"
        case .labels(let perClient): "labels:\(perClient)"
        case .powerLawLabels(let perClient, 2): "power-law-labels:\(perClient)"
        case .powerLawLabels(let perClient, let sigma):
            "power-law-labels:\(perClient):\(number(sigma))"
        case .logNormal(let sigma): "log-normal:\(number(sigma))"
        case .powerLaw(let exponent): "power-law:\(number(exponent))"
        case .quantityDirichlet(let alpha): "quantity-dirichlet:\(number(alpha))"
        case .natural: "natural"
        case .writers: "writers"
        case .csv(let file): "csv:\(file)"
        }
    }
}

extension Partition: Codable {
    /// Reads the text form from a single string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(argument: container.decode(String.self))
        } catch let error as PartitionError {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: error.description)
        }
    }

    /// Writes the text form as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
