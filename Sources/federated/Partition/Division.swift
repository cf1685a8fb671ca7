import Datasets
import Federation
import JSON

/// How many images of each class every client has.
struct Division {
    /// The partition's text, or "experiment 2".
    let name: String
    let summary: String
    /// Images of a client, as an experiment takes it; nil for a partition.
    let samples: Int?
    let seed: UInt64
    let datasetName: String
    let origin: String
    /// Images of the training set.
    let imageCount: Int
    /// By client, then by class.
    let classCounts: [[Int]]
    /// By client.
    let sizes: [Int]
    /// Of all clients together, by class.
    let totals: [Int]

    init(
        name: String, summary: String, samples: Int?, seed: UInt64, dataset: Dataset,
        classCounts: [[Int]]
    ) {
        self.name = name
        self.summary = summary
        self.samples = samples
        self.seed = seed
        datasetName = dataset.name
        origin = dataset.origin
        imageCount = dataset.train.count
        self.classCounts = classCounts
        sizes = classCounts.map { $0.reduce(0, +) }
        totals = classCounts.reduce(into: [Int](repeating: 0, count: Dataset.classCount)) {
            for (label, count) in $1.enumerated() { $0[label] += count }
        }
    }

    /// With more clients than this the table shows the first few.
    private static let tableLimit = 20
    private static let shownOfMany = 10

    /// Prints the table and its summary.
    func print(on console: Console, notes: [String]) {
        for note in notes { console.line(note) }
        console.line(console.bold("federated \(Federated.version)"))
        let facts = [
            (samples == nil ? "partition" : "draw", "\(name) (\(summary))"),
            ("data", "\(origin): \(Text.plural(imageCount, "training image"))\(drawn)"),
            ("seed", samples == nil ? "\(seed)" : "\(seed), round 1"),
        ]
        for (fact, value) in facts { console.row(fact, value) }
        console.line()
        table.print(console)
        console.line()
        let labels = classCounts.map { counts in counts.count { $0 > 0 } }
        for (fact, value) in [
            ("sizes", Self.spread(sizes, "image")), ("classes", Self.spread(labels, "class")),
        ] {
            console.row(fact, value)
        }
        if samples == nil, imageCount > sizes.reduce(0, +) {
            let left = Text.plural(imageCount - sizes.reduce(0, +), "image")
            console.row("left out", left)
        }
    }

    /// How many of the images an experiment's first round takes; nothing for a partition, which takes
    /// those that are not left out.
    private var drawn: String {
        guard samples != nil else { return "" }
        return ", of which round 1 draws \(Text.count(sizes.reduce(0, +)))"
    }

    private var table: TextTable {
        let classes = totals.indices
        var table = TextTable(
            [.right("client"), .right("images")] + classes.map { .right("\($0)") },
            narrow: .split)
        func add(_ name: String, _ counts: [Int]) {
            table.add(
                [name, Text.count(counts.reduce(0, +))]
                    + counts.map { $0 == 0 ? "·" : Text.count($0) })
        }
        let isLong = classCounts.count > Self.tableLimit
        for (client, counts) in classCounts.prefix(isLong ? Self.shownOfMany : .max).enumerated() {
            add("\(client)", counts)
        }
        if isLong { table.add(["…", "…"] + classes.map { _ in "…" }) }
        add("all \(Text.count(classCounts.count))", totals)
        return table
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

    /// All of it, for programs and for the picture's script.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "summary": .string(summary), "seed": JSONValue(seed),
            "dataset": .string(datasetName), "images": .integer(imageCount),
            "clients": .integer(classCounts.count), "sizes": .array(sizes.map { .integer($0) }),
            "class counts": .array(
                classCounts.map { counts in .array(counts.map { .integer($0) }) }),
        ]
        if let samples { members["samples"] = .integer(samples) }
        return .object(members)
    }
}
