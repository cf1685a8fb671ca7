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

/// The fold of two processes' folds; nil where they are no sums.
func reduced(_ left: any Fold, _ right: any Fold) throws -> (any Fold)? {
    guard let left = left as? any SummingFold else { return nil }
    return try reducedSums(left, right)
}

private func reducedSums<Sum: SummingFold>(_ left: Sum, _ right: any Fold) throws -> (any Fold)? {
    guard var other = right as? Sum else { return nil }
    let whole = try Sum.adding(left.totals, other.totals)
    let rows = Rows()
    var one = left
    one.reduce(to: whole) { rows.add($0) }
    rows.begin()
    other.reduce(to: whole) { rows.add($0) }
    return other
}
