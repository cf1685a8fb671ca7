import Platform

extension PopulationBenchmark.Figures {
    /// The lines that people read.
    package var lines: [String] {
        let first = rows.first?.roundSeconds ?? 0
        return [
            "  rounds of \(cohort) clients with \(samples) samples each, \(model), "
                + "\(Text.plural(threads, "thread")); medians of \(roundsOfEach) interleaved rounds",
            "     clients   start s    round s   to the first   memory MB",
        ]
            + rows.map { row in
                Text.pad(Text.count(row.clients), 12)
                    + Text.pad(Text.fixed(row.startSeconds, 4), 10)
                    + Text.pad(Text.fixed(row.roundSeconds, 4), 11)
                    + Text.pad(Text.fixed(row.roundSeconds / first, 3), 15)
                    + Text.pad(Text.fixed(Double(row.residentBytes) / 1e6, 0), 12)
            }
    }
}
