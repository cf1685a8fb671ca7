/// The names by which arrays are known: what models see, and what is to be said of it.
struct ArrayNames: Equatable {
    /// Samples and labels to train on, or all there are.
    let train: (x: String, y: String)
    /// Samples and labels to test on; nil where a part of all there are is drawn.
    let test: (x: String, y: String)?

    /// In the order in which they are looked for.
    static let known: [ArrayNames] = [
        ArrayNames(("x_train", "y_train"), ("x_test", "y_test")),
        ArrayNames(("X_train", "y_train"), ("X_test", "y_test")),
        ArrayNames(("train_images", "train_labels"), ("test_images", "test_labels")),
        ArrayNames(("x", "y")), ArrayNames(("X", "y")), ArrayNames(("data", "target")),
        ArrayNames(("images", "labels")),
    ]

    private init(_ train: (x: String, y: String), _ test: (x: String, y: String)? = nil) {
        self.train = train
        self.test = test
    }

    static func == (one: ArrayNames, other: ArrayNames) -> Bool { one.all == other.all }

    /// Each of them.
    var all: [String] { [train.x, train.y] + (test.map { [$0.x, $0.y] } ?? []) }

    /// The names for error sentences.
    static var words: String {
        known.map { $0.all.joined(separator: " ") }.joined(separator: ", or ")
    }

    /// The names that arrays of `present` have.
    /// - Parameter place: what errors name.
    /// - Throws: `DatasetError.missingArrays` where none are there, or some of those that belong together;
    ///   `ambiguousArrays` where `present` could be read in two ways.
    static func chosen(
        from present: Set<String>, in place: String
    ) throws(DatasetError) -> ArrayNames {
        let whole = known.filter { present.isSuperset(of: $0.all) }
        // Halves that somebody has made count before arrays that would have to be divided.
        let best = whole.filter { $0.test != nil }.isEmpty ? whole : whole.filter { $0.test != nil }
        if best.count > 1 {
            let names = Set(best.flatMap(\.all))
            throw .ambiguousArrays(place: place, names: names.sorted())
        }
        if let names = best.first { return names }
        let partial =
            known.first { !present.isDisjoint(with: [$0.train.x]) }
            ?? known.first { !present.isDisjoint(with: $0.all) }
        throw .missingArrays(
            place: place, found: present.sorted().prefix(20).map(\.self),
            missing: partial?.all.first { !present.contains($0) })
    }
}
