import Platform

extension OptimizerBenchmark.Report {
    /// The table that people read.
    package func table(heading: (String) -> String) -> [String] {
        [
            heading(
                "  optimizer, batch \(Text.padRight("\(batchSize)", 6))"
                    + "  cores   training images/s   ÷ plain SGD")
        ]
            + rows.map { row in
                "  " + Text.padRight(row.optimizer, 23) + Text.pad("\(row.threads)", 7)
                    + Text.pad(Text.count(Int(row.training)), 20)
                    + Text.pad(Text.fixed(row.toPlain, 2), 14)
            }
    }
}
