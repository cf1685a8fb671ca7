import JSON

/// What one or more files in LEAF's form hold, user by user in the order of their lists.
///
/// Source: Caldas et al., "LEAF: A benchmark for federated settings", 2018.
struct LEAFSamples {
    /// Numbers in memory, at most.
    static let numberLimit = 1 << 29
    /// Bytes of a file, at most.
    static let sizeLimit = 1 << 31

    /// Users with the samples that each has.
    private(set) var users: [(name: String, samples: Range<Int>)] = []
    /// [samples][shape].
    private(set) var values: [Float] = []
    /// [samples].
    private(set) var labels: [Float] = []
    /// Whether each label is written as a whole number.
    private(set) var areWhole = true
    /// Of one sample, as its lists are nested; nil before the first.
    private(set) var shape: [Int]?

    private var known: Set<String> = []
    /// Whose the first sample was.
    private var first = ""

    var count: Int { labels.count }

    init() {}

    /// Adds what stands in a file.
    mutating func add(_ bytes: [UInt8], file: String) throws(DatasetError) {
        var scanner = JSONScanner(bytes)
        do throws(JSONError) {
            try scan(&scanner, file: file)
        } catch {
            if let own = problem {
                problem = nil
                throw .leaf(own)
            }
            throw .leaf(
                .malformed(file: file, byte: error.position, expected: error.expected))
        }
    }

    /// What is wrong beyond JSON; the scanner's callbacks throw nothing else than errors of JSON.
    private var problem: LEAFError?

    /// Remembers a problem, and gives the error with which reading ends.
    private mutating func stop(_ error: LEAFError, _ scanner: JSONScanner) -> JSONError {
        problem = error
        return scanner.failure("another value")
    }

    // MARK: Members

    private mutating func scan(_ scanner: inout JSONScanner, file: String) throws(JSONError) {
        var listed: [String]?
        var counts: [Int]?
        var own: [(name: String, samples: Range<Int>)]?
        try scanner.object { (scanner, key) throws(JSONError) in
            scanner.skipSpace()
            switch key {
            case "users":
                listed = try Self.list(&scanner) { (scanner) throws(JSONError) in
                    try scanner.string()
                }
            case "num_samples":
                counts = try Self.list(&scanner) { (scanner) throws(JSONError) in
                    try Self.whole(&scanner)
                }
            case "user_data": own = try userData(&scanner, file: file)
            default: try scanner.skipValue()
            }
        }
        try scanner.end()
        guard let listed else { throw stop(.missingMember(file: file, name: "users"), scanner) }
        guard let own else { throw stop(.missingMember(file: file, name: "user_data"), scanner) }
        try join(listed, counts, own, &scanner, file: file)
    }

    /// Puts a file's users behind the others, in the order of its list.
    private mutating func join(
        _ listed: [String], _ counts: [Int]?, _ own: [(name: String, samples: Range<Int>)],
        _ scanner: inout JSONScanner, file: String
    ) throws(JSONError) {
        var places: [String: Range<Int>] = [:]
        for user in own { places[user.name] = user.samples }
        for (position, name) in listed.enumerated() {
            guard known.insert(name).inserted else {
                throw stop(.repeatedUser(file: file, user: name), scanner)
            }
            guard let samples = places.removeValue(forKey: name) else {
                throw stop(.unlikeUsers(file: file, user: name, isListed: true), scanner)
            }
            if let counts, position >= counts.count || counts[position] != samples.count {
                let said = position < counts.count ? counts[position] : 0
                throw stop(
                    .sampleCount(file: file, user: name, found: samples.count, said: said),
                    scanner)
            }
            users.append((name, samples))
        }
        if let name = places.keys.min() {
            throw stop(.unlikeUsers(file: file, user: name, isListed: false), scanner)
        }
    }

    // MARK: Users

    private mutating func userData(
        _ scanner: inout JSONScanner, file: String
    ) throws(JSONError) -> [(name: String, samples: Range<Int>)] {
        var own: [(name: String, samples: Range<Int>)] = []
        try scanner.object { (scanner, user) throws(JSONError) in
            let start = labels.count
            let startOfValues = values.count
            var found: [Int]?
            var labelCount: Int?
            try scanner.object { (scanner, key) throws(JSONError) in
                scanner.skipSpace()
                switch key {
                case "x": found = try samples(&scanner, user: user, file: file)
                case "y": labelCount = try readLabels(&scanner, user: user, file: file)
                default: try scanner.skipValue()
                }
            }
            guard let found else { throw scanner.failure("a member x of the user “\(user)”") }
            guard let labelCount else { throw scanner.failure("a member y of the user “\(user)”") }
            guard found[0] == labelCount else {
                throw stop(
                    .labelCount(file: file, user: user, samples: found[0], labels: labelCount),
                    scanner)
            }
            let size = found.dropFirst().reduce(1, *)
            if let position = values[startOfValues...].firstIndex(where: { !$0.isFinite }) {
                throw stop(
                    .notFinite(
                        file: file, user: user,
                        sample: (position - startOfValues) / max(size, 1)), scanner)
            }
            if let position = labels[start...].firstIndex(where: { !$0.isFinite }) {
                throw stop(
                    .notFinite(file: file, user: user, sample: position - start), scanner)
            }
            own.append((user, start..<labels.count))
        }
        return own
    }

    /// Reads `x`, a list of samples.
    /// - Returns: how many there are, and the shape of each.
    private mutating func samples(
        _ scanner: inout JSONScanner, user: String, file: String
    ) throws(JSONError) -> [Int] {
        let start = values.count
        let shape: [Int]
        do throws(JSONError) {
            shape = try scanner.nestedFloats(into: &values)
        } catch {
            // Where a number was expected there is a text.
            if scanner.bytes.indices.contains(error.position),
                scanner.bytes[error.position] == UInt8(ascii: "\"")
            {
                throw stop(.text(file: file, user: user), scanner)
            }
            throw error
        }
        guard let count = shape.first else { throw scanner.failure("a list of samples") }
        guard count > 0 else { return [0] }
        let one = Array(shape.dropFirst())
        guard one.count <= 3, one.allSatisfy({ $0 > 0 }), values.count > start else {
            throw stop(.impossibleShape(file: file, user: user, found: shape), scanner)
        }
        guard values.count <= Self.numberLimit else {
            throw stop(.tooLarge(file: file, limit: Self.numberLimit), scanner)
        }
        if let expected = self.shape, expected != one {
            throw stop(
                .shape(file: file, user: user, found: one, first: first, expected: expected),
                scanner)
        }
        if self.shape == nil { first = user }
        self.shape = one
        return shape
    }

    private mutating func readLabels(
        _ scanner: inout JSONScanner, user: String, file: String
    ) throws(JSONError) -> Int {
        let start = scanner.position
        let shape = try scanner.nestedFloats(into: &labels)
        if areWhole {
            let fraction: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")]
            areWhole = !scanner.bytes[start..<scanner.position].contains(where: fraction.contains)
        }
        guard shape.count == 1 else { throw scanner.failure("one label a sample", at: start) }
        return shape[0]
    }

    // MARK: JSON

    private static func list<Element>(
        _ scanner: inout JSONScanner,
        _ element: (inout JSONScanner) throws(JSONError) -> Element
    ) throws(JSONError) -> [Element] {
        var elements: [Element] = []
        try scanner.expect(UInt8(ascii: "["), "a list")
        if scanner.take(UInt8(ascii: "]")) { return elements }
        repeat {
            scanner.skipSpace()
            elements.append(try element(&scanner))
        } while scanner.take(UInt8(ascii: ","))
        try scanner.expect(UInt8(ascii: "]"), "a comma or the end of the list")
        return elements
    }

    private static func whole(_ scanner: inout JSONScanner) throws(JSONError) -> Int {
        let start = scanner.position
        guard case .integer(let value) = try scanner.number() else {
            throw scanner.failure("a whole number", at: start)
        }
        return value
    }
}

extension JSONScanner {
    /// Passes over a value without keeping it.
    mutating func skipValue() throws(JSONError) {
        var depth = 0
        repeat {
            skipSpace()
            switch next {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
                guard depth < Self.depthLimit else {
                    throw failure("at most \(Self.depthLimit) lists or objects within each other")
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
                guard depth >= 0 else { throw failure("a value", at: position - 1) }
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw failure("a value") }
                position += 1
            case UInt8(ascii: "\""): _ = try string()
            default: _ = try value()
            }
        } while depth > 0
    }
}
