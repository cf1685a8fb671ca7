import Federation

/// Adds up rows of words as processes do that each bring their own.
private final class Rows {
    private var rows: [[Int64]] = []
    private var next = 0

    func begin() { next = 0 }

    /// Adds a process's next row; it then has what all before it and itself have brought.
    func add(_ words: UnsafeMutableBufferPointer<Int64>) {
        if next == rows.count { rows.append(Array(repeating: 0, count: words.count)) }
        for index in words.indices {
            rows[next][index] &+= words[index]
            words[index] = rows[next][index]
        }
        next += 1
    }
}

/// The sum of sums, as several processes make it; the last one's is the whole.
func reduced(_ parts: [ExactAccumulator]) throws -> ExactAccumulator {
    let whole = try parts.dropFirst().reduce(parts[0].totals) { try $0.adding($1.totals) }
    let rows = Rows()
    var last = parts[0]
    for part in parts {
        last = part
        rows.begin()
        last.reduce(to: whole) { rows.add($0) }
    }
    return last
}

/// The aggregate of two processes' aggregates.
func reduced(_ left: RoundAggregate, _ right: RoundAggregate) throws -> RoundAggregate {
    let whole = try left.totals.adding(right.totals)
    let rows = Rows()
    var (left, right) = (left, right)
    left.reduce(to: whole) { rows.add($0) }
    rows.begin()
    right.reduce(to: whole) { rows.add($0) }
    return right
}
