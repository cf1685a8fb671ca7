import Platform

extension Division {
    /// What is divided, and how.
    package var facts: [(name: String, value: String)] {
        [
            (samples == nil ? "partition" : "draw", "\(name) (\(summary))"),
            ("data", "\(origin): \(Text.plural(imageCount, "training image"))\(drawn)"),
            ("seed", samples == nil ? "\(seed)" : "\(seed), round 1"),
        ]
    }

    /// What comes of it, but for the table.
    package var closing: [(name: String, value: String)] {
        let labels = classCounts.map { counts in counts.count { $0 > 0 } }
        var facts = [
            ("sizes", Self.spread(sizes, "image")), ("classes", Self.spread(labels, "class")),
        ]
        if samples == nil, imageCount > sizes.reduce(0, +) {
            facts.append(
                ("left out", Text.plural(imageCount - sizes.reduce(0, +), "image")))
        }
        return facts
    }

    /// How many of the images an experiment's first round takes; nothing for a partition, which takes
    /// those that are not left out.
    private var drawn: String {
        guard samples != nil else { return "" }
        return ", of which round 1 draws \(Text.count(sizes.reduce(0, +)))"
    }

    /// With more clients than this the table shows the first few.
    private static let tableLimit = 20
    private static let shownOfMany = 10

    /// With more classes than this they have no columns of their own.
    private static let classLimit = 20
    /// Of many classes those that are named, by their counts.
    private static let classesNamed = 3

    /// What stands above the columns of `rows`.
    package var columns: [String] {
        ["client", "images"]
            + (totals.count <= Self.classLimit
                ? totals.indices.map { "\($0)" } : ["classes", "most of class"])
    }

    /// A row for each client, of many for the first few, and one for all: who, images, images by class, or
    /// with many classes how many there are and which have most.
    package var rows: [[String]] {
        let byClass = totals.count <= Self.classLimit
        func row(_ name: String, _ counts: [Int]) -> [String] {
            [name, Text.count(counts.reduce(0, +))]
                + (byClass
                    ? counts.map { $0 == 0 ? "·" : Text.count($0) }
                    : [Text.count(counts.count { $0 > 0 }), Self.largest(counts)])
        }
        let isLong = classCounts.count > Self.tableLimit
        var rows = classCounts.prefix(isLong ? Self.shownOfMany : .max).enumerated()
            .map { row("\($0.offset)", $0.element) }
        if isLong { rows.append(columns.map { _ in "…" }) }
        rows.append(row("all \(Text.count(classCounts.count))", totals))
        return rows
    }

    /// "7: 120, 3: 88, 0: 4": of equal counts the lower class first.
    private static func largest(_ counts: [Int]) -> String {
        counts.enumerated().filter { $0.element > 0 }
            .sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }.prefix(classesNamed)
            .map { "\($0.offset): \(Text.count($0.element))" }.joined(separator: ", ")
    }

    /// "12 to 903 images a client, median 580".
    private static func spread(_ values: [Int], _ noun: String) -> String {
        let sorted = values.sorted()
        let least = sorted[0]
        let most = sorted[sorted.count - 1]
        let plural = noun == "class" ? "classes" : noun + "s"
        let unit = "\(most == 1 ? noun : plural) a client"
        guard least < most else { return "\(Text.count(least)) \(unit)" }
        return "\(Text.count(least)) to \(Text.count(most)) \(unit), median "
            + Text.count(sorted[sorted.count / 2])
    }
}
