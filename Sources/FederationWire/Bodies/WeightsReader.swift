import Federation
import JSON
import Parameters

/// Reads nested lists of known shapes into one buffer.
struct WeightsReader {
    private var scanner: JSONScanner
    private let target: UnsafeMutableBufferPointer<Float>
    private var position = 0
    /// Where in the tensor the reader is: an index for each list that is open.
    private var place: [Int] = []

    init(_ bytes: [UInt8], target: UnsafeMutableBufferPointer<Float>) {
        scanner = JSONScanner(bytes)
        self.target = target
    }

    mutating func read(_ layout: ParameterLayout) throws(WeightsError) {
        let count = layout.entries.count
        do throws(JSONError) {
            try scanner.expect(UInt8(ascii: "["), "a list of \(count) tensors")
        } catch {
            throw .malformed(error)
        }
        for (index, entry) in layout.entries.enumerated() {
            if index == 0 {
                if scanner.take(UInt8(ascii: "]")) {
                    throw .wrongTensorCount(found: 0, expected: count)
                }
            } else if !scanner.take(UInt8(ascii: ",")) {
                try end(orElse: .wrongTensorCount(found: index, expected: count))
            }
            try list(entry, level: 0)
        }
        if scanner.take(UInt8(ascii: ",")) {
            throw .wrongTensorCount(found: count + 1, expected: count)
        }
        do throws(JSONError) {
            try scanner.expect(UInt8(ascii: "]"), "a comma or the end of the list")
            try scanner.end()
        } catch {
            throw .malformed(error)
        }
    }

    /// A list of the tensor's size at that level.
    private mutating func list(
        _ entry: ParameterLayout.Entry, level: Int
    ) throws(WeightsError) {
        let count = entry.shape[level]
        let isInnermost = level == entry.shape.count - 1
        scanner.skipSpace()
        guard scanner.next == UInt8(ascii: "[") else {
            throw try wrongShape(entry, level)
        }
        scanner.position += 1
        if count > 0, scanner.take(UInt8(ascii: "]")) {
            throw .wrongShape(
                tensor: entry.name, place: place, shape: entry.shape,
                expected: expected(entry, level), found: "a list of 0")
        }
        place.append(0)
        if isInnermost {
            try numbers(entry, count)
        } else {
            for index in 0..<count {
                place[level] = index
                if index > 0 { try comma(entry, level, after: index) }
                try list(entry, level: level + 1)
            }
        }
        place.removeLast()
        if !scanner.take(UInt8(ascii: "]")) { try close(entry, level, count) }
    }

    /// The numbers of an innermost list.
    private mutating func numbers(
        _ entry: ParameterLayout.Entry, _ count: Int
    ) throws(WeightsError) {
        let level = entry.shape.count - 1
        for index in 0..<count {
            if index > 0, !scanner.take(UInt8(ascii: ",")) {
                place[level] = index
                try comma(entry, level, after: index)
            }
            scanner.skipSpace()
            let byte = scanner.next
            guard byte &- 0x30 < 10 || byte == UInt8(ascii: "-") else {
                place[level] = index
                throw try notANumber(entry)
            }
            do throws(JSONError) {
                target[position] = try scanner.float()
            } catch {
                place[level] = index
                throw badNumber(entry, error)
            }
            position += 1
        }
    }

    // MARK: Errors

    /// Takes the comma after `count` elements of a list at `level`, or says what is wrong there.
    private mutating func comma(
        _ entry: ParameterLayout.Entry, _ level: Int, after count: Int
    ) throws(WeightsError) {
        if scanner.take(UInt8(ascii: ",")) { return }
        place.removeSubrange(level...)
        try end(
            orElse: .wrongShape(
                tensor: entry.name, place: place, shape: entry.shape,
                expected: expected(entry, level), found: "a list of \(count)"))
    }

    /// Throws `error` where a list ends, and else that a comma or end is missing.
    private mutating func end(orElse error: WeightsError) throws(WeightsError) {
        if scanner.take(UInt8(ascii: "]")) { throw error }
        throw .malformed(scanner.failure("a comma or the end of the list"))
    }

    /// What is wrong where a list at `level` should have ended.
    private mutating func close(
        _ entry: ParameterLayout.Entry, _ level: Int, _ count: Int
    ) throws(WeightsError) {
        guard scanner.take(UInt8(ascii: ",")) else {
            throw .malformed(scanner.failure("a comma or the end of the list"))
        }
        throw .wrongShape(
            tensor: entry.name, place: place, shape: entry.shape,
            expected: expected(entry, level), found: "a list of more than \(count)")
    }

    /// Something else stands where the list at `level` should begin.
    private mutating func wrongShape(
        _ entry: ParameterLayout.Entry, _ level: Int
    ) throws(WeightsError) -> WeightsError {
        .wrongShape(
            tensor: entry.name, place: place, shape: entry.shape,
            expected: expected(entry, level), found: try found())
    }

    /// Something else stands where a number should begin.
    private mutating func notANumber(
        _ entry: ParameterLayout.Entry
    ) throws(WeightsError) -> WeightsError {
        for word in ["NaN", "Infinity"] where scanner.isAt(word) {
            return .notFinite(tensor: entry.name, place: place, found: word)
        }
        return .wrongShape(
            tensor: entry.name, place: place, shape: entry.shape, expected: "a number",
            found: try found())
    }

    private func badNumber(
        _ entry: ParameterLayout.Entry, _ error: JSONError
    ) -> WeightsError {
        if scanner.isAt("-Infinity", at: error.position) {
            return .notFinite(tensor: entry.name, place: place, found: "-Infinity")
        }
        if error.expected == JSONScanner.floatRange {
            let text = scanner.numberText(at: error.position)
            return .notFinite(
                tensor: entry.name, place: place, found: "\(text), beyond a Float's range")
        }
        return .malformed(error)
    }

    private func expected(_ entry: ParameterLayout.Entry, _ level: Int) -> String {
        let what = level == entry.shape.count - 1 ? "numbers" : "lists"
        return "a list of \(entry.shape[level]) \(what)"
    }

    /// What stands at the scanner's place, without reading more of it than its first byte.
    private func found() throws(WeightsError) -> String {
        switch scanner.next {
        case UInt8(ascii: "["): return "a list"
        case UInt8(ascii: "{"): return "an object"
        case UInt8(ascii: "\""): return "a text"
        case UInt8(ascii: "t") where scanner.isAt("true"): return "true"
        case UInt8(ascii: "f") where scanner.isAt("false"): return "false"
        case UInt8(ascii: "n") where scanner.isAt("null"): return "null"
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return "a number"
        default: throw .malformed(scanner.failure("a value"))
        }
    }
}
