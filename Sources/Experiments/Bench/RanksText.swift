import Platform

extension RanksBenchmark.Figures {
    /// The lines that people read.
    package var lines: [String] {
        let images = clients * RanksBenchmark.samples
        let model = Double(parameters) * 4 / 1e6
        let many = RanksBenchmark.forecastClients
        return [
            "  client     \(RanksBenchmark.samples) images in \(Text.fixed(clientSeconds, 3)) s: "
                + "\(Text.count(Int(Double(RanksBenchmark.samples) / clientSeconds))) images/s a rank",
            "  test set   \(Text.fixed(testSeconds, 3)) s of one rank",
            "  broadcast  \(Text.fixed(broadcastSeconds * 1e3, 1)) ms for \(Text.fixed(model, 1)) MB",
            "  reduction  \(Text.fixed(reductionSeconds * 1e3, 1)) ms for "
                + "\(Text.fixed(forecast.sumBytes / 1e6, 1)) MB of sums",
            "  mean       \(Text.fixed(meanSeconds * 1e3, 1)) ms",
            "  round      \(Text.fixed(roundSeconds, 3)) s for \(clients) clients, "
                + "\(Text.count(Int(Double(images) / roundSeconds))) images/s, "
                + "\(Text.percent(idleShare)) idle; by the formula "
                + "\(Text.fixed(expectedSeconds, 3)) s",
            "",
            "  Expected over 100 Gbit/s and 2 µs, \(Text.count(many)) clients a round:",
        ] + forecast.table([16, 256, 4096], images: many * RanksBenchmark.samples)
    }
}

extension RanksForecast {
    /// The rounds as a table.
    package func table(_ ranks: [Int], images: Int) -> [String] {
        var lines = [
            " ranks   s/round  training      test  broadcast  reduction    reports      mean      images/s"
        ]
        for count in ranks {
            let round = round(on: count)
            let cells =
                [Text.pad(Text.count(count), 6), Text.pad(Text.fixed(round.total, 3), 10)]
                + [round.training, round.test].map { Text.pad(Text.fixed($0, 3), 10) }
                + [round.broadcast, round.reduction, round.reports].map {
                    Text.pad(Text.fixed($0, 4), 11)
                }
                + [
                    Text.pad(Text.fixed(round.mean, 4), 10),
                    Text.pad(Text.count(Int(Double(images) / round.total)), 14),
                ]
            lines.append(cells.joined())
        }
        return lines
    }
}
