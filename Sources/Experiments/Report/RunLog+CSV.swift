import Federation

extension RunLog {
    /// The last test as a table: one row for each class, with its samples, its accuracy, and how many of its
    /// samples were taken for which class; nil where no test had classes.
    public var classesCSV: String? {
        guard let results = classResults else { return nil }
        let names = results.accuracies.indices.map(className)
        var heading = ["class", "samples", "accuracy"]
        if results.confusion != nil { heading += names.map { "as \($0)" } }
        let rows = results.accuracies.enumerated().map { label, accuracy in
            let counts = results.confusion?[label]
            return [names[label], counts.map { "\($0.reduce(0, +))" }, accuracy.map { "\($0)" }]
                + (counts ?? []).map { "\($0)" }
        }
        return ([heading] + rows).map { CSVText.row($0.map { $0 ?? "" }) + "\n" }.joined()
    }
}
