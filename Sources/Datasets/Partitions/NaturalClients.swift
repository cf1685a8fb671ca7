/// The clients of a CSV file: which client has which image.
struct NaturalClients {
    /// The client of each image, `DividedShards.nobody` if none has it.
    let owners: [Int32]
    let clientCount: Int

    private static let sizeLimit = 4 << 30

    /// Reads a file of lines CLIENT,INDEX, as `Partition.natural` describes it.
    init(file: String, imageCount: Int) throws(PartitionError) {
        let bytes: [UInt8]
        do {
            bytes = try readFile(file, limit: Self.sizeLimit)
        } catch {
            if case .unreadable(_, let reason) = error {
                throw .unreadable(file: file, reason: reason)
            }
            throw .unreadable(
                file: file, reason: "it is larger than the \(Self.sizeLimit) bytes read at most")
        }
        var names = Names()
        var owners = [Int32](repeating: DividedShards.nobody, count: imageCount)
        var firstLines = [Int32](repeating: 0, count: imageCount)
        // Excel begins its files with the mark of UTF-8.
        var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = 0
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let text = Self.trimmed(bytes[position..<end])
            position = end + 1
            line += 1
            let comma = text.firstIndex(of: UInt8(ascii: ","))
            let name = Self.trimmed(text[..<(comma ?? text.endIndex)])
            let index = comma.map { Self.trimmed(text[($0 + 1)...]) }
            if line == 1, let index, !name.isEmpty, Self.number(name) == nil,
                !index.contains(UInt8(ascii: ",")), Self.number(index) == nil, !index.isEmpty
            {
                continue
            }
            guard !name.isEmpty, let index = index.flatMap({ Self.number($0) }) else {
                throw .malformedLine(file: file, line: line, found: Self.shortened(text))
            }
            guard owners.indices.contains(index) else {
                throw .indexOutOfRange(file: file, line: line, index: index, images: imageCount)
            }
            guard owners[index] == DividedShards.nobody else {
                throw .repeatedIndex(
                    file: file, line: line, index: index, firstLine: Int(firstLines[index]))
            }
            owners[index] = names.place(of: name)
            firstLines[index] = Int32(truncatingIfNeeded: line)
        }
        guard names.count > 0 else { throw .emptyFile(file) }
        let clients = names.clients()
        self.owners = owners.map { $0 == DividedShards.nobody ? $0 : clients[Int($0)] }
        clientCount = names.count
    }

    /// Without spaces, tabs and carriage returns at its ends.
    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var text = text
        while let first = text.first, isSpace(first) { text.removeFirst() }
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    /// A whole number of 64 bits in decimal digits.
    fileprivate static func number(_ text: ArraySlice<UInt8>) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(Int(byte & 0xF))
            guard !first, !second else { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    private static func shortened(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.count <= 40 ? text : text.prefix(39) + "…"
    }
}

/// Clients' names in the order in which they appear.
private struct Names {
    private var places: [ArraySlice<UInt8>: Int32] = [:]
    private var names: [ArraySlice<UInt8>] = []
    private var last: (name: ArraySlice<UInt8>, place: Int32)?

    var count: Int { names.count }

    /// 0 for the name that appears first, and so on.
    mutating func place(of name: ArraySlice<UInt8>) -> Int32 {
        // Lines of one client mostly stand together.
        if let last, last.name == name { return last.place }
        let place: Int32
        if let known = places[name] {
            place = known
        } else {
            place = Int32(names.count)
            names.append(name)
            places[name] = place
        }
        last = (name, place)
        return place
    }

    /// The client 0 … K − 1 of each name, in rising order of the names.
    func clients() -> [Int32] {
        let numbers = names.compactMap { NaturalClients.number($0) }
        // 7 and 007 are two names of one number, so then all of them are text.
        let areNumbers = numbers.count == names.count && Set(numbers).count == numbers.count
        let order = names.indices.sorted { first, second in
            areNumbers
                ? numbers[first] < numbers[second]
                : names[first].lexicographicallyPrecedes(names[second])
        }
        var clients = [Int32](repeating: 0, count: names.count)
        for (client, place) in order.enumerated() { clients[place] = Int32(client) }
        return clients
    }
}
